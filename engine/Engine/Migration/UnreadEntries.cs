using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Migration;

/// <summary>Writes the entries that a reader had not read under present keys.</summary>
static class UnreadEntries
{
    /// <summary>Returns the entries under present keys, in order. All texts must have been noted.</summary>
    /// <exception cref="InvalidDataException">An entry is invalid.</exception>
    public static List<(EntryKind Kind, byte[] Payload)> Apply(CartKeys keys, List<(EntryKind Kind, byte[] Payload)> entries)
    {
        var builder = new EntryBuilder();
        var result = new List<(EntryKind, byte[])>(entries.Count);
        foreach (var (kind, payload) in entries)
        {
            if (kind == EntryKind.CustomerEvents)
            {
                Write(builder, EntryPayload.ReadCustomerEvents(payload), e => CustomerEventCodec.Write(builder.Output, keys.Apply(e)));
            }
            else
            {
                Write(builder, EntryPayload.ReadDecisions(payload), decision => DecisionCodec.Write(builder.Output, keys.Apply(decision)));
            }

            // A record is as long as before.
            while (builder.TryCut(payload.Length, out var entry))
            {
                result.Add((kind, entry.ToArray()));
            }
        }

        return result;
    }

    static void Write<T>(EntryBuilder builder, List<T> records, Action<T> write)
    {
        foreach (var record in records)
        {
            write(record);
            builder.EndRecord();
        }
    }
}
