using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Journeys.Erasure;

namespace CartRecovery.Engine.Privacy;

/// <summary>Finds a person in texts in any usual spelling: escaped, percent-encoded, in other case, or a phone number with spaces.</summary>
public sealed class PersonSpellings
{
    // Trailing digits that national and international spellings of a phone number share.
    const int SharedDigits = 9;

    // Shorter ids occur in too many texts by chance.
    const int MinSearched = 6;

    readonly string[] _words;
    readonly string[] _numbers;

    /// <param name="person">The person.</param>
    public PersonSpellings(Person person)
    {
        // Sealed ids are stored, and the shop's own spellings are in what the shop sends.
        string[] ids = [.. new[] { person.UserId }.Concat(person.Carts).SelectMany(id => new[] { id, person.Ids.ShownForm(id) }).Distinct(StringComparer.Ordinal)];
        _words = [.. ids.Concat(person.Addresses).Where(text => text.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        _numbers = [.. person.Addresses.Where(address => address.StartsWith('+') && address.Length > SharedDigits).Select(address => address[^SharedDigits..])];
        Bytes = [.. ids.SelectMany(id => new[] { id, JsonEncodedText.Encode(id).ToString() })
            .Where(text => text.Length >= MinSearched).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
        ShortBytes = person.UserId.Length >= MinSearched ? []
            : [.. new[] { person.UserId, JsonEncodedText.Encode(person.UserId).ToString() }.Where(text => text.Length < MinSearched).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The searchable ids in UTF-8, plain and as JSON.</summary>
    public IReadOnlyCollection<byte[]> Bytes { get; }

    /// <summary>The user's id, if it is too short to be searched for among the data of others: they contain it by chance.</summary>
    public IReadOnlyCollection<byte[]> ShortBytes { get; }

    /// <summary>Returns whether an event, as received, names the person in any field.</summary>
    public bool AreIn(byte[] received)
    {
        var text = Encoding.UTF8.GetString(received);
        var plain = Unescape(text);
        return HasWord(text) || HasWord(plain) || (plain.Contains('%') && HasWord(Decode(plain))) || (_numbers.Length > 0 && HasNumber(plain));
    }

    bool HasWord(string text) => Array.Exists(_words, word => HasWord(text, word));

    // Matches whole words: the id of somebody else may begin with this one.
    static bool HasWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase))
        {
            var end = at + word.Length;
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (end == text.Length || !char.IsLetterOrDigit(text[end])))
            {
                return true;
            }
        }

        return false;
    }

    bool HasNumber(string text)
    {
        var digits = string.Concat(text.Where(c => c is not (' ' or '-' or '.' or '/' or '(' or ')')));
        return Array.Exists(_numbers, number => digits.Contains(number, StringComparison.Ordinal));
    }

    static string Decode(string text)
    {
        try
        {
            return Uri.UnescapeDataString(text);
        }
        catch (UriFormatException)
        {
            return text;
        }
    }

    // Replaces JSON escapes. The text need not be complete JSON.
    static string Unescape(string text)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                plain.Append(text[i]);
            }
            else if (text[i + 1] == 'u' && i + 6 <= text.Length
                && ushort.TryParse(text.AsSpan(i + 2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, provider: null, out var code))
            {
                plain.Append((char)code);
                i += 5;
            }
            else
            {
                plain.Append(text[++i]);
            }
        }

        return plain.ToString();
    }
}
