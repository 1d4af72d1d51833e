using System.Buffers.Binary;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Tests.Simulation;

/// <summary>An entry's place in a journal.</summary>
/// <param name="Address">Where it begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Durable">How far the journal was known to be durable when it was written.</param>
sealed record EntryPlace(long Address, long End, long Durable);

/// <summary>Where the entries of a whole journal lie.</summary>
static class JournalAnatomy
{
    public static List<EntryPlace> Of(SimulatedDisk disk, JournalLayout layout)
    {
        using var device = new HistoryDevice(disk);
        var places = new List<EntryPlace>();
        var reader = new JournalReader(device, layout);
        var durable = new byte[sizeof(long)];
        while (reader.TryNext(out var entry))
        {
            disk.ReadHistory(layout.SegmentOf(entry.Address), layout.OffsetOf(entry.Address) + sizeof(int) + 16, durable);
            places.Add(new EntryPlace(entry.Address, reader.End, BinaryPrimitives.ReadInt64LittleEndian(durable)));
        }

        // What was removed cannot be damaged.
        var begin = disk.Segments()[0] * layout.SegmentSize;
        return [.. places.Where(p => p.Address >= begin)];
    }
}
