using System.Text;

namespace CartRecovery.Primitives;

/// <summary>Finds telephone numbers in texts by their digits, however people write them: with blanks, hyphens, dots, slashes and parentheses in between. Thread-safe.</summary>
public static class PhoneDigits
{
    // Of a country's code, at most; and digits that are a number beyond doubt where the rest of one agrees.
    const int MaxCountryDigits = 3, MinSameDigits = 7;

    /// <summary>Returns the end of a run of digits whose groups are separated as in telephone numbers.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The first digit.</param>
    /// <param name="maxDigits">Maximum number of digits; a group that exceeds it is left out, with what follows.</param>
    /// <param name="digits">The number of digits in it.</param>
    /// <returns>The position after the last digit; <paramref name="start"/> if the first group is too long.</returns>
    public static int EndOfRun(ReadOnlySpan<char> text, int start, int maxDigits, out int digits)
    {
        digits = 0;
        var end = start;
        for (var group = start; group < text.Length && char.IsAsciiDigit(text[group]);)
        {
            var after = group;
            while (after < text.Length && char.IsAsciiDigit(text[after]))
            {
                after++;
            }

            if (digits + after - group > maxDigits)
            {
                break;
            }

            (digits, end) = (digits + after - group, after);
            group = after + GapAfter(text[after..]);
        }

        return end;
    }

    /// <summary>Replaces a known number in a text, whatever its spelling: international, national, with or without separators.</summary>
    /// <param name="text">The text.</param>
    /// <param name="e164">The number in E.164.</param>
    /// <param name="hidden">What to write instead.</param>
    public static string Replace(string text, string e164, string hidden)
    {
        var number = e164.AsSpan().TrimStart('+');
        var least = Math.Max(MinSameDigits, number.Length - MaxCountryDigits);
        StringBuilder? replaced = null;
        var copied = 0;
        for (var last = 0; last < text.Length && number.Length >= MinSameDigits; last++)
        {
            if (text[last] != number[^1] || (last + 1 < text.Length && char.IsAsciiDigit(text[last + 1])) || StartOf(text, last, copied, number, least) is not (>= 0 and var start))
            {
                continue;
            }

            replaced = (replaced ?? new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(hidden);
            copied = last + 1;
        }

        return replaced is null ? text : replaced.Append(text, copied, text.Length - copied).ToString();
    }

    // Backwards, since spellings differ in what comes first: the country's code, or the digits that lead out of a city.
    static int StartOf(string text, int last, int first, ReadOnlySpan<char> number, int least)
    {
        var (same, start) = (0, last);
        for (var at = last; at >= first && same < number.Length;)
        {
            if (text[at] == number[^(same + 1)])
            {
                (same, start, at) = (same + 1, at, at - 1);
            }
            else if (GapBefore(text.AsSpan(first, at + 1 - first)) is > 0 and var gap)
            {
                at -= gap;
            }
            else
            {
                break;
            }
        }

        if (same < least)
        {
            return -1;
        }

        while (start > first && (char.IsAsciiDigit(text[start - 1]) || text[start - 1] is '+' or '(' or ')'))
        {
            start--;
        }

        return start;
    }

    static int GapAfter(ReadOnlySpan<char> text) => IsGap(text[..Math.Min(3, text.Length)]) ? 3 : IsGap(text[..Math.Min(2, text.Length)]) ? 2 : IsGap(text[..Math.Min(1, text.Length)]) ? 1 : 0;

    static int GapBefore(ReadOnlySpan<char> text) => IsGap(text[Math.Max(0, text.Length - 3)..]) ? 3 : IsGap(text[Math.Max(0, text.Length - 2)..]) ? 2 : IsGap(text[Math.Max(0, text.Length - 1)..]) ? 1 : 0;

    // One character; a parenthesis and another; a hyphen or a slash with blanks around it.
    static bool IsGap(ReadOnlySpan<char> text) => text switch
    {
        [var one] => IsGap(one),
        [var one, var two] => IsGap(one) && IsGap(two) && IsParenthesis(one) != IsParenthesis(two),
        [' ', '-' or '/', ' '] => true,
        _ => false,
    };

    // With the blanks that do not break a line, and the hyphen.
    static bool IsGap(char c) => c is ' ' or '-' or '.' or '/' or '\u00a0' or '\u202f' or '\u2011' || IsParenthesis(c);

    static bool IsParenthesis(char c) => c is '(' or ')';
}
