using System.Globalization;
using System.Text;

namespace CartRecovery.Primitives.Unicode;

/// <summary>
/// Reads names of domains: labels of letters, digits, hyphens and underscores (RFC 1034, and what DNS has beside it), in any script
/// (RFC 5892, without its rules for directions). Thread-safe.
/// </summary>
public static class DomainName
{
    const int MaxLabel = 63, MaxName = 253;
    const string Ace = "xn--";

    // Labels of later versions of Unicode than the runtime's are mapped too. Length and characters are checked here.
    static readonly IdnMapping s_mapping = new() { AllowUnassigned = true };

    /// <summary>
    /// Returns a domain in its one spelling: composed, in lower case, in ASCII (<c>xn--…</c>), without a dot at the end.
    /// <see langword="null"/> if no domain can have the name.
    /// </summary>
    public static string? ToAscii(string name)
    {
        var labels = Fold(name).Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (AsciiLabel(labels[i]) is not { } label)
            {
                return null;
            }

            labels[i] = label;
        }

        var ascii = string.Join('.', labels);
        return ascii.Length <= MaxName && !labels[^1].All(char.IsAsciiDigit) ? ascii : null;
    }

    /// <summary>Returns a domain with the labels that ASCII stands for in letters; the same if there are none.</summary>
    public static string ToLetters(string ascii) => ascii.Contains(Ace, StringComparison.Ordinal)
        ? string.Join('.', ascii.Split('.').Select(label => Letters(label) ?? label)) : ascii;

    /// <summary>Returns a name as <see cref="ToAscii"/> compares it, in letters where it has them, whether or not it can be one.</summary>
    public static string Fold(string name)
    {
        var folded = NormalText.Compose(NormalText.Compose(name).ToLowerInvariant()).Replace('\u3002', '.');
        return folded is [.. var whole, '.'] ? whole : folded;
    }

    /// <summary>
    /// Returns whether nobody sees a character: soft hyphens, joiners, spaces without width, selectors of variants and fillers.
    /// </summary>
    public static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
        || rune.Value is 0x34f or 0x115f or 0x1160 or 0x17b4 or 0x17b5 or (>= 0x180b and <= 0x180f) or 0x3164 or (>= 0xfe00 and <= 0xfe0f)
            or 0xffa0 or (>= 0xe0100 and <= 0xe01ef);

    static string? AsciiLabel(string label)
    {
        if (Ascii.IsValid(label))
        {
            return label.Length is > 0 and <= MaxLabel && label[0] != '-' && label[^1] != '-'
                && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
                && (!label.StartsWith(Ace, StringComparison.Ordinal) || Letters(label) is not null) ? label : null;
        }

        return AreLetters(label) && Mapped(label, s_mapping.GetAscii) is { Length: <= MaxLabel } ascii ? ascii : null;
    }

    // Null unless it is the one spelling of a label in letters.
    static string? Letters(string label) =>
        label.StartsWith(Ace, StringComparison.Ordinal) && Mapped(label, s_mapping.GetUnicode) is { } letters
        && AreLetters(letters) && Fold(letters) == letters && Mapped(letters, s_mapping.GetAscii) == label ? letters : null;

    static bool AreLetters(string label)
    {
        var before = default(Rune);
        foreach (var rune in label.EnumerateRunes())
        {
            if (!IsLetter(rune) && !(rune.Value is 0x200c or 0x200d && IsJoined(before)))
            {
                return false;
            }

            before = rune;
        }

        return label is [not '-', ..] and [.., not '-'] && !Rune.GetUnicodeCategory(Rune.GetRuneAt(label, 0)).IsMark();
    }

    // Emoji too, which some registries sell, and the four signs that RFC 5892 allows inside words.
    static bool IsLetter(Rune rune) => !IsInvisible(rune)
        && (rune.Value is '-' or '_' or 0xb7 or 0x5f3 or 0x5f4 or 0x30fb || Rune.IsLetterOrDigit(rune)
            || Rune.GetUnicodeCategory(rune) is var category && (category.IsMark() || category is UnicodeCategory.OtherNotAssigned
                || (category == UnicodeCategory.OtherSymbol && rune != Rune.ReplacementChar)));

    // Joiners are part of the spelling in Arabic and Indic scripts alone, whose letters have no case.
    static bool IsJoined(Rune before) =>
        Rune.GetUnicodeCategory(before) is var category && (category == UnicodeCategory.OtherLetter || category.IsMark());

    static bool IsMark(this UnicodeCategory category) => category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    static string? Mapped(string label, Func<string, string> map)
    {
        try
        {
            return map(label);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
