using CartRecovery.Engine.Journal;
using CartRecovery.Host.Data;

namespace CartRecovery.Tests.Support;

/// <summary>Reads the entries of a data folder's journals, with their events decompressed.</summary>
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
                if (entry.Kind == EntryKind.Events && EventBlockHeader.Read(payload) is { IsCompressed: true } header)
                {
                    var raw = new byte[header.RawLength];
                    header.Decompress(payload.AsSpan(EventBlockHeader.Size), raw);
                    payload = raw;
                }

                yield return ($"an entry of {entry.Kind}", payload);
            }
        }
    }
}
