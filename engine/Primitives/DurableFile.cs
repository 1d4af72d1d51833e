namespace CartRecovery.Primitives;

/// <summary>Writes small files that survive a power loss: after a crash there is the former contents, or the new one.</summary>
public static class DurableFile
{
    /// <summary>Writes a file, and replaces an existing one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        var draft = path + ".tmp";
        using (var handle = File.OpenHandle(draft, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(handle, contents, fileOffset: 0);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(draft, path, overwrite: true);
        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
