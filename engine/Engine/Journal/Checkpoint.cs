using System.Globalization;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>A complete checkpoint: a folder of files listed in its manifest.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Number">Counts up; the highest is the newest.</param>
/// <param name="JournalAddress">The journal address the checkpoint covers up to.</param>
public sealed record Checkpoint(string Path, long Number, long JournalAddress)
{
    /// <summary>Opens a part by its name.</summary>
    /// <exception cref="IOException">The part does not exist or cannot be read.</exception>
    public FileStream Open(string name) =>
        new(System.IO.Path.Combine(Path, name), FileMode.Open, FileAccess.Read, FileShare.Read, CheckpointManifest.BufferBytes);
}

/// <summary>
/// The last file written to a checkpoint: a line of text per other file, with its CRC-32C, length and name, and a checksum of those lines
/// at the end.
/// </summary>
sealed record CheckpointManifest(long JournalAddress, IReadOnlyList<(uint Crc, long Length, string Name)> Files)
{
    public const string FileName = "manifest";
    public const int BufferBytes = 1 << 16;
    const string Kind = "cartrecovery checkpoint 1";

    /// <summary>Syncs the folder's files and writes their manifest.</summary>
    public static void Write(string folder, long journalAddress)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Kind}\njournal {journalAddress}\n");
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
            var (crc, length) = ChecksumOf(handle);
            text.Append(CultureInfo.InvariantCulture, $"{crc:x8} {length} {Path.GetRelativePath(folder, file).Replace('\\', '/')}\n");
        }

        var lines = text.ToString();
        lines += $"manifest {Crc32C.Of(Encoding.UTF8.GetBytes(lines)):x8}\n";
        using (var stream = new FileStream(Path.Combine(folder, FileName), FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(lines));
            stream.Flush(flushToDisk: true);
        }

        foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            FolderSync.Flush(inner);
        }

        FolderSync.Flush(folder);
    }

    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    /// <exception cref="IOException">The manifest does not exist or cannot be read.</exception>
    public static CheckpointManifest Read(string folder)
    {
        var text = File.ReadAllText(Path.Combine(folder, FileName));
        var last = text.LastIndexOf("\nmanifest ", StringComparison.Ordinal) + 1;
        if (last == 0 || text[last..] != $"manifest {Crc32C.Of(Encoding.UTF8.GetBytes(text[..last])):x8}\n")
        {
            throw new InvalidDataException($"{FileName} is damaged");
        }

        var lines = text[..last].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines[0] != Kind || !lines[1].StartsWith("journal ", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{FileName} is of another version: {lines[0]}");
        }

        return new CheckpointManifest(
            long.Parse(lines[1].AsSpan(8), CultureInfo.InvariantCulture),
            [.. lines.Skip(2).Select(line => line.Split(' ', 3))
                .Select(p => (uint.Parse(p[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), long.Parse(p[1], CultureInfo.InvariantCulture), p[2]))]);
    }

    /// <summary>Reads every file and compares its checksum.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public void Verify(string folder)
    {
        foreach (var (crc, length, name) in Files)
        {
            var file = Path.Combine(folder, name);
            if (!File.Exists(file))
            {
                throw new FileNotFoundException($"{name} is missing");
            }

            using var handle = File.OpenHandle(file);
            var found = RandomAccess.GetLength(handle);
            if (found != length)
            {
                throw new InvalidDataException($"{name} is {found} bytes long instead of {length}");
            }

            if (ChecksumOf(handle).Crc != crc)
            {
                throw new InvalidDataException($"{name} is damaged");
            }
        }
    }

    static (uint Crc, long Length) ChecksumOf(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var buffer = new byte[(int)Math.Clamp(RandomAccess.GetLength(file), 1, 16 * BufferBytes)];
        var crc = 0u;
        var length = 0L;
        for (int count; (count = RandomAccess.Read(file, buffer, length)) > 0; length += count)
        {
            crc = Crc32C.Append(crc, buffer.AsSpan(0, count));
        }

        return (crc, length);
    }
}
