using System.Globalization;
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
    /// Returns a number in E.164, such as <c>+4915112340000</c>; <see langword="null"/> if it is none, or a national one without a country.
    /// Of an international number the length is checked, not whether it is assigned: plans change faster than programs. A national one is
    /// of a known range.
    /// </summary>
    /// <param name="text">The number as written, international (after <c>+</c>, or the country's prefix such as <c>00</c>) or national.</param>
    /// <param name="country">The country of national numbers, ISO 3166-1; <see langword="null"/> to take international ones alone.</param>
    public static string? ToE164(string? text, string? country)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > MaxLength)
        {
            return null;
        }

        var numbers = PhoneNumberUtil.GetInstance();
        var number = Parse(text, country);
        number = number is null || IsInternational(number) ? number : OfNational(text, number, country!);
        return number is not null && IsNumber(number) ? numbers.Format(number, PhoneNumberFormat.E164) : null;
    }

    static bool IsInternational(PhoneNumber number) => number.CountryCodeSource
        is PhoneNumber.Types.CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN or PhoneNumber.Types.CountryCodeSource.FROM_NUMBER_WITH_IDD;

    // Germany's plan has numbers of any length, so 49151... is one of 0491 to it: without the 0 the country's code is meant. Where numbers
    // have no such 0, one as long as the country's is never another country's: a number of a range newer than the plan would ring abroad.
    static PhoneNumber? OfNational(string text, PhoneNumber number, string country)
    {
        var numbers = PhoneNumberUtil.GetInstance();
        var digits = PhoneNumberUtil.NormalizeDigitsOnly(text);
        var abroad = Parse(string.Concat("+", digits.StartsWith("00", StringComparison.Ordinal) ? digits[2..] : digits), country: null);
        var isRead = abroad is not null && numbers.IsValidNumber(abroad);
        var hasTrunkZero = numbers.GetNddPrefixForRegion(country, stripNonDigits: true) == "0";
        return isRead && hasTrunkZero && abroad!.CountryCode == number.CountryCode ? abroad
            : numbers.IsValidNumber(number) ? number
            : isRead && (hasTrunkZero || !numbers.IsPossibleNumber(number)) ? abroad
            : null;
    }

    static bool HasCodeOf(string text, string country) =>
        Parse(string.Concat("+", PhoneNumberUtil.NormalizeDigitsOnly(text)), country: null) is { } number
        && PhoneNumberUtil.GetInstance() is var numbers && number.CountryCode == numbers.GetCountryCodeForRegion(country)
        && numbers.IsValidNumber(number);

    // Zeros and the like are typed where a form wants something.
    static bool IsNumber(PhoneNumber number)
    {
        var numbers = PhoneNumberUtil.GetInstance();
        var national = numbers.GetNationalSignificantNumber(number);
        return numbers.IsPossibleNumberWithReason(number) == PhoneNumberUtil.ValidationResult.IS_POSSIBLE
            && ((national[0] != '0' && national.AsSpan().ContainsAnyExcept(national[0])) || numbers.IsValidNumber(number));
    }

    static PhoneNumber? Parse(string text, string? country)
    {
        try
        {
            return PhoneNumberUtil.GetInstance().ParseAndKeepRawInput(text, country);
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

            if (copied <= start && HasCodeOf(text[start..at], country))
            {
                masked = (masked ?? new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(AddressText.Hidden);
                copied = at;
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
    /// <c>+49 (0)151…</c>, as a national number, and with the country's code twice or, of such a one, once. Digits alone.
    /// </summary>
    public static IEnumerable<string> FormerSpellings(string e164)
    {
        if (Parse(e164, country: null) is not { } number)
        {
            return [];
        }

        var numbers = PhoneNumberUtil.GetInstance();
        var code = string.Create(CultureInfo.InvariantCulture, $"{number.CountryCode}");
        var national = string.Concat(numbers.Format(number, PhoneNumberFormat.NATIONAL).Where(char.IsAsciiDigit));
        var significant = numbers.GetNationalSignificantNumber(number);
        var isTwice = significant.StartsWith(code, StringComparison.Ordinal) && Parse($"+{significant}", country: null) is { } once
            && numbers.IsValidNumber(once);
        return new[] { $"+{code}{national}", national, $"+{code}{code}{significant}", isTwice ? $"+{significant}" : e164 }
            .Where(spelling => spelling != e164);
    }
}
