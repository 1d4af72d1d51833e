namespace CartRecovery.Primitives.Csv;

/// <summary>
/// Guards against CSV injection, as OWASP describes it: a spreadsheet runs a cell that begins like a formula, and what shoppers send ends up in cells.
/// </summary>
static class CsvFormula
{
    /// <summary>Put before such a text, it makes a spreadsheet show the text.</summary>
    public const char Guard = '\'';

    /// <summary>A spreadsheet would run this: its first character but spaces is <c>= + - @</c>, a tab or a carriage return.</summary>
    public static bool Is(ReadOnlySpan<char> text) => text.TrimStart(' ') is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
}
