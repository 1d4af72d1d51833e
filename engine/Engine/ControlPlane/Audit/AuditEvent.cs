namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>An action, for the audit log. Its texts identify persons by id only, because entries outlive the deletion of a person's data.</summary>
/// <param name="Actor">Who did it: <c>user:ID</c>, <c>key:STORE/TAG</c>, <c>cli</c> for a command on the machine, <c>engine</c>, or <c>anonymous</c>.</param>
/// <param name="Action">What was done, as <c>thing.verb</c>: <c>user.login</c>.</param>
/// <param name="Target">What it was done to, as <c>kind:ID</c>; empty if the action says it.</param>
/// <param name="Store">The store's id; <see langword="null"/> for the whole engine.</param>
/// <param name="Details">More, as a JSON object; <see langword="null"/> for nothing more.</param>
public sealed record AuditEvent(string Actor, string Action, string Target, string? Store = null, string? Details = null)
{
    /// <summary>The actor of a command on the machine.</summary>
    public const string Command = "cli";

    /// <summary>The actor of what the engine does by itself.</summary>
    public const string Engine = "engine";

    /// <summary>The actor of a request without a valid key, token or password.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>Where the request came from; <see langword="null"/> if there was none.</summary>
    public string? Address { get; init; }
}

/// <summary>An entry of the audit log.</summary>
/// <param name="Number">Its number, from 1 without gaps.</param>
/// <param name="At">When it was done.</param>
/// <param name="Event">What was done.</param>
/// <param name="Hash">SHA-256 over the former entry's hash and this one.</param>
public sealed record AuditEntry(long Number, DateTimeOffset At, AuditEvent Event, byte[] Hash);
