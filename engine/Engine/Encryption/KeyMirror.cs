using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Mirrors the keys of personal data. They are not copied for each backup, so that a destroyed key is destroyed for all backups; and what the mirror has
/// destroyed is never brought back.
/// </summary>
public static class KeyMirror
{
    const string Root = "root", Draft = ".tmp";

    /// <summary>Copies new keys, and destroys those that were destroyed.</summary>
    /// <param name="keys">The keys of the data folder.</param>
    /// <param name="mirror">The mirror.</param>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static void Update(string keys, string mirror)
    {
        foreach (var file in Directory.EnumerateFiles(keys).Where(file => !file.EndsWith(Draft, StringComparison.Ordinal)))
        {
            var (name, bytes) = (Path.GetFileName(file), ReadAll(file));
            var target = Path.Combine(mirror, name);
            if (name == Root)
            {
                DurableFile.Write(target, bytes);
                continue;
            }

            KeepDestroyed(bytes, File.Exists(target) ? ReadAll(target) : []);
            using var handle = File.OpenHandle(target, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.Write(handle, bytes, fileOffset: 0);
            RandomAccess.FlushToDisk(handle);
        }

        FolderSync.Flush(mirror);
    }

    static void KeepDestroyed(byte[] records, byte[] mirrored)
    {
        for (var at = 0; at + WrappedKey.Size <= Math.Min(records.Length, mirrored.Length); at += WrappedKey.Size)
        {
            if (!mirrored.AsSpan(at, WrappedKey.Size).ContainsAnyExcept((byte)0))
            {
                records.AsSpan(at, WrappedKey.Size).Clear();
            }
        }
    }

    // The engine may append records meanwhile.
    static byte[] ReadAll(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[RandomAccess.GetLength(handle)];
        var count = 0;
        for (int more; count < bytes.Length && (more = RandomAccess.Read(handle, bytes.AsSpan(count), count)) > 0; count += more)
        {
        }

        return bytes.AsSpan(0, count).ToArray();
    }
}
