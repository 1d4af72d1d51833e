using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Finds forgotten people in rejected events, which may be malformed: hashes every text that may be an id, since only keyed hashes
/// of the ids are known. Thread-safe.
/// </summary>
static class ForgottenInLetter
{
    static readonly SearchValues<byte> s_separators = SearchValues.Create("\"\\,:{}[]() \t\r\n"u8);

    /// <summary>Returns whether a rejected event names a forgotten person of a store in any field.</summary>
    /// <param name="people">The forgotten people.</param>
    /// <param name="store">The store's id, in UTF-8.</param>
    /// <param name="received">The event as received, in JSON or MessagePack, possibly incomplete.</param>
    public static bool IsNamed(ForgottenPeople people, ReadOnlySpan<byte> store, ReadOnlySpan<byte> received) =>
        !people.IsEmpty && (IsBetweenQuotes(people, store, received) || IsWord(people, store, received) || IsMessagePackText(people, store, received));

    // Tries the text between any two successive quotes: if a quote is missing, the texts are outside of the pairs.
    static bool IsBetweenQuotes(ForgottenPeople people, ReadOnlySpan<byte> store, ReadOnlySpan<byte> received)
    {
        for (var start = NextQuote(received, 0); start >= 0;)
        {
            var end = NextQuote(received, start + 1);
            if (end < 0)
            {
                return false;
            }

            if (IsId(people, store, received[(start + 1)..end]))
            {
                return true;
            }

            start = end;
        }

        return false;
    }

    static int NextQuote(ReadOnlySpan<byte> text, int from)
    {
        for (var at = from; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)'"':
                    return at;
                case (byte)'\\':
                    at++;
                    break;
            }
        }

        return -1;
    }

    // Tries numbers, ids in other formats, and ids within a longer text.
    static bool IsWord(ForgottenPeople people, ReadOnlySpan<byte> store, ReadOnlySpan<byte> received)
    {
        while (!received.IsEmpty)
        {
            var length = received.IndexOfAny(s_separators);
            if (IsId(people, store, length < 0 ? received : received[..length]))
            {
                return true;
            }

            received = length < 0 ? default : received[(length + 1)..];
        }

        return false;
    }

    // Tries every byte that may be a string's header, since the message may be broken before it.
    static bool IsMessagePackText(ForgottenPeople people, ReadOnlySpan<byte> store, ReadOnlySpan<byte> received)
    {
        for (var at = 0; at + 1 < received.Length; at++)
        {
            var (start, length) = received[at] switch
            {
                > 0xa0 and < 0xc0 and var header => (at + 1, header & 0x1f),
                0xd9 => (at + 2, received[at + 1]),
                _ => (at, 0),
            };
            if (length > 0 && start + length <= received.Length && people.Contains(store, received.Slice(start, length)))
            {
                return true;
            }
        }

        return false;
    }

    static bool IsId(ForgottenPeople people, ReadOnlySpan<byte> store, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.Length > EventSlab.MaxSentIdLength * 6)
        {
            return false;
        }

        if (!text.Contains((byte)'\\'))
        {
            return text.Length <= EventSlab.MaxSentIdLength && people.Contains(store, text);
        }

        return Unescape(text) is { } plain && people.Contains(store, plain);
    }

    static byte[]? Unescape(ReadOnlySpan<byte> text)
    {
        byte[] quoted = [(byte)'"', .. text, (byte)'"'];
        var reader = new Utf8JsonReader(quoted);
        try
        {
            reader.Read();
            var plain = new byte[text.Length];
            var length = reader.CopyString(plain);
            return length <= EventSlab.MaxSentIdLength ? plain[..length] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
