using System.Buffers.Binary;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal.Erasure;

/// <summary>
/// The redo file of a journal: the new bytes of entries, durable before the journal's files are overwritten. After a crash in between,
/// entries are half old and half new; the next start writes them again. Format, little-endian: CRC-32C of everything after it (4 bytes),
/// version (4), number of entries (4); for each entry its address (8), length (4) and bytes.
/// </summary>
static class JournalRedo
{
    const int Version = 1;
    const int Header = 12, EntryHeader = 12;

    /// <summary>Writes the file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="entries">The addresses and the entries with their frames.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<(long Address, byte[] Entry)> entries)
    {
        var file = new byte[Header + entries.Sum(e => EntryHeader + e.Entry.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), entries.Count);
        var at = Header;
        foreach (var (address, entry) in entries)
        {
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at), address);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 8), entry.Length);
            entry.CopyTo(file, at + EntryHeader);
            at += EntryHeader + entry.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(file, Crc32C.Of(file.AsSpan(4)));
        DurableFile.Write(path, file);
    }

    /// <summary>Reads the file.</summary>
    /// <param name="path">Its path; <see langword="null"/> for none.</param>
    /// <returns>The addresses and the entries with their frames; empty if there is no file.</returns>
    /// <exception cref="JournalException"><c>journal_damaged</c>: the file is damaged. <c>journal_version</c>: a later version wrote it.</exception>
    public static IReadOnlyList<(long Address, byte[] Entry)> Read(string? path)
    {
        byte[] file;
        try
        {
            if (!File.Exists(path))
            {
                return [];
            }

            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }

        if (file.Length < Header || BinaryPrimitives.ReadUInt32LittleEndian(file) != Crc32C.Of(file.AsSpan(4)))
        {
            throw new JournalException("journal_damaged", $"{path} is damaged. Nothing was changed. Restore the folder from a backup.");
        }

        if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4)) != Version)
        {
            throw new JournalException("journal_version", $"{path} was written by a later version of CartRecovery. Start that version.");
        }

        var entries = new List<(long, byte[])>();
        for (var at = Header; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8));
            entries.Add((BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at)), file.AsSpan(at + EntryHeader, length).ToArray()));
            at += EntryHeader + length;
        }

        return entries;
    }

    /// <summary>Writes the entries of the redo file to the journal's files, and deletes the redo file. Does nothing if there is none.</summary>
    /// <param name="device">The journal's device.</param>
    /// <param name="layout">The journal's layout.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="JournalException">The redo file is damaged, or a later version wrote it.</exception>
    public static void Apply(JournalDevice device, JournalLayout layout)
    {
        if (device.RedoFile is not { } path || Read(path) is not { Count: > 0 } entries)
        {
            return;
        }

        // FasterLog's length field is before the frame, and does not change.
        foreach (var segment in entries.GroupBy(e => layout.SegmentOf(e.Address)))
        {
            device.Overwrite(segment.Key, [.. segment.Select(e => (layout.OffsetOf(e.Address) + sizeof(int), (ReadOnlyMemory<byte>)e.Entry))]);
        }

        // Synced: after a later erasure, this file must not be applied again.
        File.Delete(path);
        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
