using System.Globalization;
using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal.Tail;

/// <summary>Keeps the positions of a journal's cursors: a line of text for each, its address and its name.</summary>
static class CursorFile
{
    /// <summary>Reads the file; empty if it does not exist.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Dictionary<string, long> Read(string path)
    {
        var cursors = new Dictionary<string, long>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return cursors;
        }

        foreach (var line in File.ReadLines(path))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0 || !long.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var address)
                || !cursors.TryAdd(line[(space + 1)..], address))
            {
                throw new InvalidDataException($"{path} is damaged: expected an address and a name in each line, got \"{line}\"");
            }
        }

        return cursors;
    }

    /// <summary>Replaces the file.</summary>
    /// <exception cref="IOException">It cannot be written; the former file is unchanged.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, long> cursors)
    {
        var lines = cursors.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key}\n"));
        DurableFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(lines)));
    }
}
