namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Normalizes texts of requests for the audit log. PostgreSQL rejects U+0000 and unpaired surrogates; the hash must be that of the stored text.
/// </summary>
static class AuditText
{
    /// <summary>Replaces U+0000 and unpaired surrogates by U+FFFD, and truncates the text between two characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="max">Maximum length in UTF-16 units.</param>
    public static string Normalize(string text, int max)
    {
        if (text.Length > max)
        {
            text = text[..(char.IsHighSurrogate(text[max - 1]) ? max - 1 : max)];
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (text[i] == '\0' || char.IsSurrogate(text[i]))
            {
                return Replace(text);
            }
        }

        return text;
    }

    // EnumerateRunes yields U+FFFD for malformed UTF-16.
    static string Replace(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.Value == 0 ? "\uFFFD" : rune.ToString()));
}
