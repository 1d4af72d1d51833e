using System.Globalization;

namespace CartRecovery.Primitives.Csv;

/// <summary>
/// Guards against CSV injection (OWASP): spreadsheets execute cells that begin like formulas, and shoppers' data ends up in cells.
/// </summary>
static class CsvFormula
{
    /// <summary>A prefix that makes a spreadsheet show the text instead of executing it.</summary>
    public const char Guard = '\'';

    /// <summary>
    /// Returns whether a spreadsheet would execute the text: it begins with a tab or a line break, or its first visible character is
    /// <c>= + - @</c>, also in their wide forms.
    /// </summary>
    public static bool Is(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && IsInvisible(text[start]))
        {
            start++;
        }

        return text is ['\t' or '\r' or '\n', ..] || (start < text.Length && text[start] is '=' or '+' or '-' or '@' or '\uff1d' or '\uff0b' or '\uff0d' or '\uff20');
    }

    static bool IsInvisible(char letter) => letter == ' '
        || (letter is < ' ' or >= '\x7f' && (char.IsWhiteSpace(letter) || char.IsControl(letter) || char.GetUnicodeCategory(letter) == UnicodeCategory.Format));
}
