namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>The states of a user.</summary>
public enum UserState
{
    /// <summary>Invited; has no password yet.</summary>
    Invited,

    /// <summary>May sign in.</summary>
    Active,

    /// <summary>May not sign in.</summary>
    Disabled,
}

/// <summary>A user of the control plane. Immutable.</summary>
/// <param name="Id">The id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="State">The state.</param>
/// <param name="HasTotp">Whether a sign-in requires a code of an authenticator app.</param>
/// <param name="CreatedAt">When the user was added.</param>
/// <param name="LastLoginAt">When the user last signed in; <see langword="null"/> if never.</param>
/// <param name="Grants">The roles.</param>
public sealed record User(string Id, string Email, UserState State, bool HasTotp, DateTimeOffset CreatedAt, DateTimeOffset? LastLoginAt, IReadOnlyList<Grant> Grants)
{
    /// <summary>Maximum length of an e-mail address, in characters (RFC 5321).</summary>
    public const int MaxEmail = 254;

    /// <summary>Returns an e-mail address in its canonical form, for comparison: trimmed, in lower case.</summary>
    public static string Normalize(string email) => email.Trim().ToLowerInvariant();

    /// <summary>Returns whether a text is plausible as an e-mail address.</summary>
    public static bool IsEmail(string text) => text.Length <= MaxEmail && text.IndexOf('@') is > 0 and var at && at == text.LastIndexOf('@') && at < text.Length - 1
        && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
