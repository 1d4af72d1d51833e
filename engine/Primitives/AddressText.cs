using System.Buffers;
using System.Text;

namespace CartRecovery.Primitives;

/// <summary>Recognises e-mail addresses and international telephone numbers in texts: what is written like one, not what is in use. Thread-safe.</summary>
public static class AddressText
{
    /// <summary>What <see cref="Mask"/> writes instead.</summary>
    public const string Hidden = "***";

    // Digits of a number after its +, by ITU-T E.164, with a country code.
    const int MinDigits = 8, MaxDigits = 15;

    static readonly SearchValues<char> s_signs = SearchValues.Create("@+");

    // Of RFC 5322's atoms, without the slash and the equals sign: both end a word in URLs and in pairs of names and values.
    static readonly SearchValues<char> s_local = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+^_`{|}~-");

    /// <summary>Returns whether a whole text, in UTF-8, is an e-mail address or a telephone number that begins with <c>+</c>.</summary>
    public static bool IsAddress(ReadOnlySpan<byte> text)
    {
        if (text is [(byte)'+', .. var digits])
        {
            return digits.Length is >= MinDigits and <= MaxDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        }

        var at = text.IndexOf((byte)'@');
        return at > 0 && !text.ContainsAnyInRange((byte)0, (byte)' ') && DomainLength(Encoding.Latin1.GetString(text[(at + 1)..])) == text.Length - at - 1;
    }

    /// <summary>Returns whether a text has an e-mail address or a telephone number that begins with <c>+</c>.</summary>
    public static bool IsIn(string? text) => text is not null && !ReferenceEquals(Mask(text), text);

    /// <summary>
    /// Replaces the local part of e-mail addresses, and telephone numbers that begin with <c>+</c>. A text without either is returned as it is, and costs one search.
    /// </summary>
    public static string Mask(string text)
    {
        StringBuilder? masked = null;
        var (copied, from) = (0, 0);
        for (int found; (found = text.AsSpan(from).IndexOfAny(s_signs)) >= 0;)
        {
            var at = from + found;
            from = at + 1;
            var (start, end) = text[at] == '@' ? MailAt(text, at, copied) : NumberAt(text, at);
            if (end > start)
            {
                masked = (masked ?? new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(Hidden);
                copied = from = end;
            }
        }

        return masked is null ? text : masked.Append(text, copied, text.Length - copied).ToString();
    }

    // The local part, before the sign.
    static (int Start, int End) MailAt(string text, int at, int first)
    {
        var start = at;
        while (start > first && (s_local.Contains(text[start - 1]) || text[start - 1] > 0x7f))
        {
            start--;
        }

        return DomainLength(text.AsSpan(at + 1)) > 0 ? (start, at) : default;
    }

    static (int Start, int End) NumberAt(string text, int at)
    {
        var end = at + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        // Written in one piece, it ends with it; else its groups belong to it.
        var digits = end - at - 1;
        end = digits < MinDigits ? PhoneDigits.EndOfRun(text, at + 1, MaxDigits, out digits) : end;
        return digits is >= MinDigits and <= MaxDigits && (at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1])) ? (at, end) : default;
    }

    // Of a name with a dot, whose last label has two letters or more: NAME@HASH is no address.
    static int DomainLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (char.IsAsciiLetterOrDigit(text[length]) || text[length] is '.' or '-' || text[length] > 0x7f))
        {
            length++;
        }

        var domain = text[..length].TrimEnd('.');
        var dot = domain.LastIndexOf('.');
        return dot > 0 && domain.Length - dot > 2 && !domain[(dot + 1)..].ContainsAnyInRange('0', '9') ? domain.Length : 0;
    }
}
