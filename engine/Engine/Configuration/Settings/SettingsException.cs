namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>Thrown if settings cannot be changed so. Nothing was changed.</summary>
/// <param name="code">A stable code in snake case.</param>
/// <param name="message">What is wrong, and what to do.</param>
public sealed class SettingsException(string code, string message) : Exception(message)
{
    /// <summary>The new settings are not valid.</summary>
    public const string Invalid = "invalid_settings";

    /// <summary>There are too many changes.</summary>
    public const string TooLarge = "settings_too_large";

    /// <summary>The key is pinned to the file.</summary>
    public const string Pinned = "pinned";

    /// <summary>Only a restart changes the key.</summary>
    public const string NeedsRestart = "needs_restart";

    /// <summary>A secret in the clear, or a reference where none may be.</summary>
    public const string SecretNotAllowed = "secret_not_allowed";

    /// <summary>A stable code in snake case.</summary>
    public string Code { get; } = code;

    /// <summary>All problems, each with its place.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
