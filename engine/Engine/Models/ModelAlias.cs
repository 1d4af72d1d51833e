namespace CartRecovery.Engine.Models;

/// <summary>A movable name of a version.</summary>
/// <param name="Name">The alias.</param>
/// <param name="Version">The id of the version.</param>
/// <param name="At">When it was moved there.</param>
/// <param name="By">Who moved it, as in the audit log.</param>
/// <param name="Why">The reason.</param>
public sealed record ModelAlias(string Name, string Version, DateTimeOffset At, string By, string Why)
{
    /// <summary>The version that decides.</summary>
    public const string Champion = "champion";

    /// <summary>The version that decides for a share of the customers.</summary>
    public const string Canary = "canary";

    /// <summary>A version that scores and never decides. Further ones are named <c>shadow-…</c>.</summary>
    public const string Shadow = "shadow";

    /// <summary>The version that the configuration file names.</summary>
    public const string Configured = "v0";

    /// <summary>Maximum length.</summary>
    public const int MaxLength = 32;

    /// <summary>Returns whether the version of an alias scores carts.</summary>
    public static bool Serves(string alias) =>
        alias is Champion or Canary or Shadow || alias.StartsWith($"{Shadow}-", StringComparison.Ordinal);

    /// <summary>Returns whether a text is the name of an alias: a lower-case letter, then letters, digits, <c>-</c>, <c>_</c> and <c>.</c></summary>
    public static bool IsValid(string alias) => alias.Length is > 0 and <= MaxLength && alias[0] is >= 'a' and <= 'z'
        && alias.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.');
}
