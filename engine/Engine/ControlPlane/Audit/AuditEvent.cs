namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>An action, for the audit log. Its texts identify persons by id only, because entries outlive the deletion of a person's data.</summary>
/// <param name="Actor">The actor: <c>user:ID</c>, <c>key:STORE/TAG</c>, <c>cli</c> for a command on the machine, <c>engine</c>, or <c>anonymous</c>.</param>
/// <param name="Action">The action, as <c>thing.verb</c>: <c>user.login</c>.</param>
/// <param name="Target">The target, as <c>kind:ID</c>; empty if the action implies it.</param>
/// <param name="Store">The store's id; <see langword="null"/> for the whole engine.</param>
/// <param name="Details">Further details, a JSON object; <see langword="null"/> for none.</param>
public sealed record AuditEvent(string Actor, string Action, string Target, string? Store = null, string? Details = null)
{
    /// <summary>The actor of a command on the machine.</summary>
    public const string Command = "cli";

    /// <summary>The actor of the engine's own actions.</summary>
    public const string Engine = "engine";

    /// <summary>The actor of a request without a valid key, token or password.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>The client's address; <see langword="null"/> if the action was not a request.</summary>
    public string? Address { get; init; }
}

/// <summary>An entry of the audit log.</summary>
/// <param name="Number">Its number, from 1 without gaps.</param>
/// <param name="At">When it was done.</param>
/// <param name="Event">The action.</param>
/// <param name="Hash">SHA-256 over the previous entry's hash and this entry.</param>
public sealed record AuditEntry(long Number, DateTimeOffset At, AuditEvent Event, byte[] Hash);
