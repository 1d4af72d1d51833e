namespace CartRecovery.Engine.ControlPlane.Users;

/// <summary>The states of a user.</summary>
public enum UserState
{
    /// <summary>Was invited, and has no password yet.</summary>
    Invited,

    /// <summary>May sign in.</summary>
    Active,

    /// <summary>May not sign in.</summary>
    Disabled,
}

/// <summary>A person who works with the engine.</summary>
/// <param name="Id">The id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="State">The state.</param>
/// <param name="HasTotp">Whether a code of an authenticator app is needed to sign in.</param>
/// <param name="CreatedAt">When the user was added.</param>
/// <param name="LastLoginAt">When the user signed in last.</param>
/// <param name="Grants">The roles.</param>
public sealed record User(string Id, string Email, UserState State, bool HasTotp, DateTimeOffset CreatedAt, DateTimeOffset? LastLoginAt, IReadOnlyList<Grant> Grants)
{
    /// <summary>Maximum length of an e-mail address, in characters (RFC 5321).</summary>
    public const int MaxEmail = 254;

    /// <summary>Returns an e-mail address in its canonical form, for comparison: trimmed, in lower case.</summary>
    public static string Normalize(string email) => email.Trim().ToLowerInvariant();

    /// <summary>Returns whether a text can be an e-mail address.</summary>
    public static bool IsEmail(string text) => text.Length <= MaxEmail && text.IndexOf('@') is > 0 and var at && at == text.LastIndexOf('@') && at < text.Length - 1
        && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
