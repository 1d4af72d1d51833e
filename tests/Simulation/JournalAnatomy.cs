using System.Buffers.Binary;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Tests.Simulation;

/// <summary>An entry's position in a journal.</summary>
/// <param name="Address">The start address.</param>
/// <param name="End">The end address.</param>
/// <param name="Durable">The address up to which the journal was known to be durable when the entry was written.</param>
sealed record EntryLocation(long Address, long End, long Durable);

/// <summary>Locates the entries of a whole journal.</summary>
static class JournalAnatomy
{
    public static List<EntryLocation> Of(SimulatedDisk disk, JournalLayout layout)
    {
        using var device = new HistoryDevice(disk);
        var places = new List<EntryLocation>();
        var reader = new JournalReader(device, layout);
        var durable = new byte[sizeof(long)];
        while (reader.TryNext(out var entry))
        {
            disk.ReadHistory(layout.SegmentOf(entry.Address), layout.OffsetOf(entry.Address) + sizeof(int) + 16, durable);
            places.Add(new EntryLocation(entry.Address, reader.End, BinaryPrimitives.ReadInt64LittleEndian(durable)));
        }

        // Removed segments cannot be damaged.
        var begin = disk.Segments()[0] * layout.SegmentSize;
        return [.. places.Where(p => p.Address >= begin)];
    }
}
