using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace CartRecovery.Engine.Events.Identity;

/// <summary>
/// Recognises ids that name nobody: what programs write where an id is missing. The list is part of the protocol: see <c>docs/events.md</c>.
/// </summary>
static class PlaceholderIds
{
    // Blanks and quotes around an id, which may be of any length with them.
    const string Blanks = " \t\r\n\v\f\0\"'`";
    const int Blank = 63, AnyLength = 62, Longest = 61;

    const int PlainUuidLength = 32;

    static readonly string[] s_words =
    [
        "undefined", "null", "nil", "none", "nan", "na", "n/a", "unset", "not set", "not_set", "(not set)",
        "(none)", "(null)", "<null>", "<nil>", "<none>", "unknown", "anonymous", "anon", "guest", "guest_user", "guest-user", "guestuser",
        "anonymous_user", "anonymous-user", "not_authenticated", "not-authenticated", "unauthenticated", "not_logged_in", "not-logged-in", "logged_out",
        "[object]", "object object", "object", "array", "[array]", "[function]", "[circular]", "[]", "{}", "()", "_", "?",
        "true", "false", "id", "userid", "user_id", "user-id", "customerid", "customer_id", "customer-id", "cartid", "cart_id", "cart-id", "sessionid",
        "session_id", "session-id", "distinct_id", "email", "infinity", "-infinity", "-1",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffffffffffffffffffffffffffff",
        "urn:uuid:ffffffff-ffff-ffff-ffff-ffffffffffff", "urn:uuid:00000000-0000-0000-0000-000000000000",
    ];

    // What a program joins to a prefix: "cart-" + undefined.
    static readonly byte[][] s_endings = [.. new[] { "undefined", "null" }.Select(Encoding.UTF8.GetBytes)];

    static readonly byte[][][] s_byLength = ByLength();

    // Bit n: a placeholder of n bytes begins, or ends, with this byte. So an ordinary id costs two loads.
    static readonly ulong[] s_first = Lengths(word => word[0], "0-.{($<%[");
    static readonly ulong[] s_last = Lengths(word => word[^1], "0-.})>%]");

    /// <summary>Returns whether an id is a placeholder.</summary>
    /// <param name="id">The id, in UTF-8; not empty.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(ReadOnlySpan<byte> id) => !IsOrdinary(id) && Search(id);

    // Most ids begin with a letter or a digit and end with a digit from 1 to 9. No placeholder does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsOrdinary(ReadOnlySpan<byte> id) => (uint)(id[^1] - '1') <= '9' - '1' && (uint)(id[0] - '.') <= 'z' - '.';

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool Search(ReadOnlySpan<byte> id)
    {
        var (first, last) = (s_first[id[0]], s_last[id[^1]]);
        var both = first & last;
        var mayBeWord = (((both >> Math.Min(id.Length, Longest)) | (both >> AnyLength) | (first >> Blank) | (last >> Blank)) & 1) != 0;
        return (mayBeWord && IsWord(id)) || (id.Length > sizeof(uint) && IsEnd(BinaryPrimitives.ReadUInt32LittleEndian(id[^sizeof(uint)..])) && EndsLikeOne(id));
    }

    static bool IsWord(ReadOnlySpan<byte> id)
    {
        id = Bare(id);
        if (id.IsEmpty || IsListed(id) || IsTemplate(id))
        {
            return true;
        }

        return id[0] is (byte)'{' or (byte)'(' && IsListed(id.Trim("{()}"u8));
    }

    // Nothing but zeros, dots, hyphens and blanks, such as the nil UUID; or a word.
    static bool IsListed(ReadOnlySpan<byte> id)
    {
        if (!id.ContainsAnyExcept("0-. "u8))
        {
            return true;
        }

        if (id.Length < s_byLength.Length)
        {
            foreach (var word in s_byLength[id.Length])
            {
                if (Ascii.EqualsIgnoreCase(id, word))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Returns whether an id is a running number that has reached 0, such as 0, 0-0 or 0.0: an event may be numbered so.</summary>
    /// <param name="id">The id, in UTF-8.</param>
    public static bool IsFirstNumber(ReadOnlySpan<byte> id) =>
        id.Length < PlainUuidLength && id.Contains((byte)'0') && !id.ContainsAnyExcept("0-."u8);

    // {{ user_id }}, ${userId}, %USER_ID%, <%= id %>, [[id]]: a template that nobody filled in. [object Window]: a value that is no text.
    static bool IsTemplate(ReadOnlySpan<byte> id) => IsObject(id)
        || (id.StartsWith("{{"u8) && id.EndsWith("}}"u8)) || (id.StartsWith("${"u8) && id.EndsWith("}"u8))
        || (id.StartsWith("<%"u8) && id.EndsWith("%>"u8))
        || (id.StartsWith("[["u8) && id.EndsWith("]]"u8)) || (id.Length > 2 && id[0] == '%' && id[^1] == '%' && !id.ContainsAny(" /"u8));

    static bool IsObject(ReadOnlySpan<byte> id) =>
        id[^1] == ']' && id.Length > ObjectTag.Length && Ascii.EqualsIgnoreCase(id[..ObjectTag.Length], ObjectTag);

    static ReadOnlySpan<byte> ObjectTag => "[object "u8;

    static bool EndsLikeOne(ReadOnlySpan<byte> id)
    {
        if (id[^1] == ']')
        {
            var at = id.LastIndexOf((byte)'[');
            return at > 0 && IsObject(id[at..]) && ":/=_-"u8.Contains(id[at - 1]);
        }

        foreach (var ending in s_endings)
        {
            // A hyphen joins names of people, too.
            if (id.Length > ending.Length && Ascii.EqualsIgnoreCase(id[^ending.Length..], ending)
                && (":/=_"u8.Contains(id[^(ending.Length + 1)]) || (id[^(ending.Length + 1)] == '-' && ending.Length > 4)))
            {
                return true;
            }
        }

        return false;
    }

    // The last four letters of the endings, whatever their case, or the end of [object Object].
    static bool IsEnd(uint last) => (last | 0x20202020) is 0x64656e69 or 0x6c6c756e || last >> 24 == ']';

    /// <summary>Returns an id without blanks (also no-break and zero-width spaces) and quotes around it.</summary>
    public static ReadOnlySpan<byte> Bare(ReadOnlySpan<byte> id)
    {
        for (var length = -1; length != id.Length;)
        {
            length = id.Length;
            id = id.Trim(" \t\r\n\v\f\0\"'`"u8);
            id = Without(Without(Without(id, "\u00a0"u8), "\u200b"u8), "\ufeff"u8);
        }

        return id;
    }

    static ReadOnlySpan<byte> Without(ReadOnlySpan<byte> id, ReadOnlySpan<byte> blank)
    {
        id = id.StartsWith(blank) ? id[blank.Length..] : id;
        return id.EndsWith(blank) ? id[..^blank.Length] : id;
    }

    static byte[][][] ByLength()
    {
        var words = new byte[s_words.Max(word => word.Length) + 1][][];
        for (var length = 0; length < words.Length; length++)
        {
            words[length] = [.. s_words.Where(word => word.Length == length).Select(Encoding.UTF8.GetBytes)];
        }

        return words;
    }

    static ulong[] Lengths(Func<string, char> letterOf, string anyLength)
    {
        var lengths = new ulong[256];
        foreach (var word in s_words)
        {
            lengths[char.ToUpperInvariant(letterOf(word))] |= 1UL << word.Length;
            lengths[letterOf(word)] |= 1UL << word.Length;
        }

        foreach (var letter in anyLength)
        {
            lengths[letter] |= 1UL << AnyLength;
        }

        foreach (var letter in Encoding.UTF8.GetBytes(Blanks + "\u00a0\u200b\ufeff"))
        {
            lengths[letter] |= 1UL << Blank;
        }

        return lengths;
    }
}
