using System.Globalization;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// The records of all keys of one use, in files of 65,536 (4 MB) in the order of their numbers. Written by one thread at a time; read by any.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="use">What the keys are for.</param>
sealed class KeyFiles(string folder, KeyUse use)
{
    const int PerFile = 65_536;

    // The use is in the highest byte of a key's number.
    const int UseShift = 56;

    /// <summary>Returns what a key is for.</summary>
    public static KeyUse UseOf(long number) => (KeyUse)(number >> UseShift);

    /// <summary>Returns the number of the first key that no file has.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public long FindEnd()
    {
        var last = -1L;
        foreach (var path in Directory.EnumerateFiles(folder, $"{Prefix}*"))
        {
            if (long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var file))
            {
                last = Math.Max(last, file);
            }
        }

        // A record that a crash cut short was never used.
        return ((long)use << UseShift) + (last < 0 ? 0 : (last * PerFile) + ((new FileInfo(PathOf(last)).Length + WrappedKey.Size - 1) / WrappedKey.Size));
    }

    /// <summary>Returns how many keys fit in the file of this one, from it on.</summary>
    public static int RoomFrom(long number) => PerFile - (int)(IndexOf(number) % PerFile);

    /// <summary>Writes records, and returns when they are durable.</summary>
    /// <param name="first">The first one's number. All are of one file.</param>
    /// <param name="records">The records.</param>
    /// <exception cref="IOException">The disk fails.</exception>
    public void Write(long first, ReadOnlySpan<byte> records)
    {
        var path = PathOf(IndexOf(first) / PerFile);
        var isNew = !File.Exists(path);
        using (var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            RandomAccess.Write(handle, records, OffsetOf(first));
            RandomAccess.FlushToDisk(handle);
        }

        if (isNew)
        {
            FolderSync.Flush(folder);
        }
    }

    /// <summary>Reads a record.</summary>
    /// <returns><see langword="false"/> if there is none.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public bool TryRead(long number, Span<byte> record)
    {
        try
        {
            using var handle = File.OpenHandle(PathOf(IndexOf(number) / PerFile), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.Read(handle, record, OffsetOf(number)) == record.Length;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    string Prefix => use switch
    {
        KeyUse.Journal => "journal.",
        KeyUse.Person => "person.",
        _ => "deadletters.",
    };

    string PathOf(long file) => Path.Combine(folder, $"{Prefix}{file.ToString("d10", CultureInfo.InvariantCulture)}");

    static long IndexOf(long number) => number & ((1L << UseShift) - 1);

    static long OffsetOf(long number) => IndexOf(number) % PerFile * WrappedKey.Size;
}
