namespace CartRecovery.Primitives.Csv;

/// <summary>
/// Guards against CSV injection (OWASP): spreadsheets execute cells that begin like formulas, and shoppers' data ends up in cells.
/// </summary>
static class CsvFormula
{
    /// <summary>A prefix that makes a spreadsheet show the text instead of executing it.</summary>
    public const char Guard = '\'';

    /// <summary>
    /// Returns whether a spreadsheet would execute the text: its first character other than spaces is <c>= + - @</c>, a tab or a carriage
    /// return.
    /// </summary>
    public static bool Is(ReadOnlySpan<char> text) => text.TrimStart(' ') is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
}
