using CartRecovery.Engine.Journal;
using CartRecovery.Host.Data;

namespace CartRecovery.Tests.Support;

/// <summary>Reads the entries of a data folder's journals, with their events decompressed and by rows.</summary>
static class JournalBlocks
{
    /// <summary>Returns the entries, each with a name.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> In(string folder)
    {
        var files = new FolderFiles(folder);
        var format = FolderFormat.Read(files.Root)!.Value;
        for (var partition = 0; partition < format.Partitions; partition++)
        {
            using var device = new FileJournalDevice(files.JournalOf(partition), readOnly: true);
            var reader = new JournalReader(device, format.Layout);
            while (reader.TryNext(out var entry))
            {
                var payload = entry.Payload.ToArray();
                if (entry.Kind == EntryKind.Events)
                {
                    payload = RowsOf(payload);
                }

                yield return ($"an entry of {entry.Kind}", payload);
            }
        }
    }

    /// <summary>Returns a block's events by rows, decompressed: there texts are whole.</summary>
    public static byte[] RowsOf(ReadOnlySpan<byte> block)
    {
        var (columns, rows) = (Array.Empty<byte>(), Array.Empty<byte>());
        var length = EventBlockHeader.Read(block).ReadRows(block[EventBlockHeader.Size..], new BlockRows(), ref columns, ref rows);
        return rows[..length];
    }

    /// <summary>Returns an uncompressed block as an earlier version wrote it, by rows.</summary>
    public static byte[] Former(ReadOnlySpan<byte> block, byte version)
    {
        var rows = RowsOf(block);
        var former = new byte[EventBlockHeader.Size + rows.Length];
        (EventBlockHeader.Read(block) with { WrittenVersion = version, RawLength = rows.Length, IsCompressed = false }).WriteTo(former);
        rows.CopyTo(former.AsSpan(EventBlockHeader.Size));
        return former;
    }
}
