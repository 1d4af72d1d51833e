namespace CartRecovery.Engine.Models;

/// <summary>The names of models in the registry: they are also names of folders.</summary>
public static class ModelName
{
    /// <summary>Maximum length.</summary>
    public const int MaxLength = 64;

    /// <summary>Returns whether a text is a name: a letter or digit, then letters, digits, <c>-</c>, <c>_</c> and <c>.</c></summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0])
        && name.All(IsAllowed) && !name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase) && name != RegistryLock.Name;

    /// <summary>Returns the name for a declared one: other characters become <c>-</c>.</summary>
    public static string Of(string declared)
    {
        var name = string.Concat(declared.Trim().Take(MaxLength).Select(c => IsAllowed(c) ? c : '-')).TrimStart('-', '.', '_');
        return IsValid(name) ? name : "model";
    }

    static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
