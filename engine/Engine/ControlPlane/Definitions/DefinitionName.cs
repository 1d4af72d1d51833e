namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>Validates the names of definitions: keys of flags, experiments and segments, names of templates and variants.</summary>
public static class DefinitionName
{
    /// <summary>Maximum length of a name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The rule in words, after "expected".</summary>
    public const string Rule = "letters, digits, '-', '_' and '.', at most 128";

    /// <summary>Returns whether a text is valid as a name.</summary>
    public static bool IsValid(string? text) => text is { Length: > 0 and <= MaxLength } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
