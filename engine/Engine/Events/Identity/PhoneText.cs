using System.Text;
using CartRecovery.Primitives;
using PhoneNumbers;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>Brings phone numbers to E.164 by the numbering plans of libphonenumber. Thread-safe.</summary>
public static class PhoneText
{
    const int MaxLength = 64;

    // Bounds the cost: libphonenumber examines at most MaxRuns runs of digits, each of at most MaxRunDigits. Long runs after them are taken for numbers.
    const int MinNationalDigits = 7, MaxRunDigits = 24, MaxRuns = 8, MaxTries = 8;

    /// <summary>
    /// Returns a number in E.164, such as <c>+4915112340000</c>; <see langword="null"/> if it is none, or a national one without a country. The
    /// length is checked, not whether the number is assigned: plans change faster than programs.
    /// </summary>
    /// <param name="text">The number as written, international (after <c>+</c>, or the country's prefix such as <c>00</c>) or national.</param>
    /// <param name="country">The country of national numbers, ISO 3166-1; <see langword="null"/> to take international ones alone.</param>
    public static string? ToE164(string? text, string? country)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength)
        {
            return null;
        }

        try
        {
            var numbers = PhoneNumberUtil.GetInstance();
            var number = numbers.Parse(text, country);
            return numbers.IsPossibleNumberWithReason(number) == PhoneNumberUtil.ValidationResult.IS_POSSIBLE
                ? numbers.Format(number, PhoneNumberFormat.E164) : null;
        }
        catch (NumberParseException)
        {
            return null;
        }
    }

    /// <summary>Replaces addresses as <see cref="AddressText.Mask"/> does, and the national numbers of a country. A text without seven digits in a row costs one search more.</summary>
    /// <param name="text">The text.</param>
    /// <param name="country">The country of national numbers, ISO 3166-1; <see langword="null"/> to find international ones alone.</param>
    public static string Mask(string text, string? country)
    {
        text = AddressText.Mask(text);
        StringBuilder? masked = null;
        var (copied, runs) = (0, 0);
        for (var at = 0; country is not null && text.AsSpan(at).IndexOfAnyInRange('0', '9') is >= 0 and var found;)
        {
            var start = at + found;
            at = PhoneDigits.EndOfRun(text, start, MaxRunDigits, out var digits);
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                // The rest of a group that is too long to be one of a number.
                at++;
            }

            start -= start > 0 && text[start - 1] == '(' ? 1 : 0;
            if (digits < MinNationalDigits)
            {
                continue;
            }

            if (runs++ >= MaxRuns)
            {
                masked = (masked ?? new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(AddressText.Hidden);
                copied = at;
                continue;
            }

            foreach (var match in PhoneNumberUtil.GetInstance().FindNumbers(text[start..at], country, PhoneNumberUtil.Leniency.VALID, MaxTries))
            {
                masked = (masked ?? new StringBuilder(text.Length)).Append(text, copied, start + match.Start - copied).Append(AddressText.Hidden);
                copied = start + match.Start + match.Length;
            }
        }

        return masked is null ? text : masked.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Returns whether a text has an address that <see cref="Mask"/> would replace.</summary>
    public static bool IsIn(string? text, string? country) => text is not null && !ReferenceEquals(Mask(text, country), text);

    /// <summary>Returns whether there is a numbering plan for a country.</summary>
    /// <param name="code">ISO 3166-1, two capital letters.</param>
    public static bool IsCountry(string code) => PhoneNumberUtil.GetInstance().GetSupportedRegions().Contains(code);

    /// <summary>
    /// Returns how a number in E.164 may have been kept before numbers were brought to it: with the national prefix after the country's code, as in
    /// <c>+49 (0)151…</c>, and as a national number. Digits alone.
    /// </summary>
    public static IEnumerable<string> FormerSpellings(string e164)
    {
        PhoneNumber number;
        var numbers = PhoneNumberUtil.GetInstance();
        try
        {
            number = numbers.Parse(e164, null);
        }
        catch (NumberParseException)
        {
            return [];
        }

        var national = string.Concat(numbers.Format(number, PhoneNumberFormat.NATIONAL).Where(char.IsAsciiDigit));
        return e164 == $"+{number.CountryCode}{national}" ? [national] : [$"+{number.CountryCode}{national}", national];
    }
}
