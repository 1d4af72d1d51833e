using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Reads the journal's entries of decisions, of customer events and of people's keys. An entry holds a version (1 byte), whether it is the last of its batch
/// (1 byte), and records up to its end.
/// </summary>
public static class EntryPayload
{
    /// <summary>Size of the header in bytes.</summary>
    public const int HeaderSize = 2;

    /// <summary>The version written, and the latest that can be read.</summary>
    public const byte Version = 8;

    /// <summary>Returns whether the entry is the last of its batch.</summary>
    /// <exception cref="InvalidDataException">The entry is invalid, or of a later version.</exception>
    public static bool IsLast(ReadOnlySpan<byte> payload) => payload.Length < HeaderSize || payload[0] is 0 or > Version
        ? throw new InvalidDataException("A journal entry has an unknown version. Start the version of CartRecovery that wrote it.")
        : payload[1] == 1;

    /// <summary>Reads an entry of decisions.</summary>
    /// <exception cref="InvalidDataException">The entry is invalid, or of a later version.</exception>
    public static List<Decision> ReadDecisions(ReadOnlyMemory<byte> payload)
    {
        var version = payload.IsEmpty ? Version : payload.Span[0];
        return Read(payload, input => DecisionCodec.Read(input, version));
    }

    /// <summary>Reads an entry of customer events.</summary>
    /// <exception cref="InvalidDataException">The entry is invalid, or of a later version.</exception>
    public static List<CustomerEvent> ReadCustomerEvents(ReadOnlyMemory<byte> payload) => Read(payload, CustomerEventCodec.Read);

    /// <summary>Reads an entry of people's keys.</summary>
    /// <exception cref="InvalidDataException">The entry is invalid, or of a later version.</exception>
    public static List<PersonKey> ReadPersonKeys(ReadOnlyMemory<byte> payload) => Read(payload, PersonKey.Read);

    /// <summary>Returns an entry without some of its records.</summary>
    /// <param name="payload">The entry.</param>
    /// <param name="drops">Reads a record, and returns whether it is to be dropped.</param>
    /// <exception cref="InvalidDataException">The entry is invalid, or of a later version.</exception>
    internal static byte[] Without(ReadOnlyMemory<byte> payload, Func<BinaryReader, bool> drops)
    {
        var kept = new MemoryStream(payload.Length);
        kept.Write(payload.Span[..HeaderSize]);
        var from = HeaderSize;
        Read(payload, input =>
        {
            var isDropped = drops(input);
            var end = HeaderSize + (int)input.BaseStream.Position;
            kept.Write(isDropped ? [] : payload.Span[from..end]);
            from = end;
            return isDropped;
        });
        return kept.ToArray();
    }

    static List<T> Read<T>(ReadOnlyMemory<byte> payload, Func<BinaryReader, T> read)
    {
        IsLast(payload.Span);
        if (!MemoryMarshal.TryGetArray(payload[HeaderSize..], out var records))
        {
            throw new ArgumentException("The payload is not backed by an array.", nameof(payload));
        }

        using var input = new BinaryReader(new MemoryStream(records.Array!, records.Offset, records.Count, writable: false));
        var items = new List<T>();
        try
        {
            while (input.BaseStream.Position < records.Count)
            {
                items.Add(read(input));
            }
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("A journal entry's records are truncated.", e);
        }

        return items;
    }
}
