using System.Globalization;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Encryption;

/// <summary>
/// Stores the records of all keys of one use in files of 65,536 records (4 MB), in the order of their numbers. One writer at a time; any number of readers.
/// </summary>
/// <param name="folder">The folder.</param>
/// <param name="use">The use of the keys.</param>
sealed class KeyFiles(string folder, KeyUse use)
{
    const int PerFile = 65_536;

    // The highest byte of a key's number is its use.
    const int UseShift = 56;

    /// <summary>Returns the use of a key.</summary>
    public static KeyUse UseOf(long number) => (KeyUse)(number >> UseShift);

    /// <summary>Returns the number of the first key that is in no file.</summary>
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

        // Counts a record that a crash truncated: its key was never used, and its number must not be reused.
        return ((long)use << UseShift) + (last < 0 ? 0 : (last * PerFile) + ((new FileInfo(PathOf(last)).Length + WrappedKey.Size - 1) / WrappedKey.Size));
    }

    /// <summary>Returns the number of records from a key to the end of its file.</summary>
    public static int RoomFrom(long number) => PerFile - (int)(IndexOf(number) % PerFile);

    /// <summary>Writes records, and syncs them to disk.</summary>
    /// <param name="first">The number of the first key. All records must be in one file.</param>
    /// <param name="records">The records.</param>
    /// <exception cref="IOException">The write failed.</exception>
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
    /// <returns><see langword="false"/> if there is no such record.</returns>
    /// <exception cref="IOException">The read failed.</exception>
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
