using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Mirrors the keys of personal data to a backup destination. All backups there share the mirror, so a destroyed key is destroyed for all
/// of them. A key that the mirror has destroyed is never restored.
/// </summary>
public static class KeyMirror
{
    const string Root = "root", Draft = ".tmp";

    /// <summary>Copies new keys, and destroys those that were destroyed in the data folder.</summary>
    /// <param name="keys">The folder of the keys.</param>
    /// <param name="mirror">The folder of the mirror.</param>
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

    // Reads up to the present length: the engine may append records meanwhile.
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
