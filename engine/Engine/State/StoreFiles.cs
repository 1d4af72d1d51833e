using System.Globalization;

namespace CartRecovery.Engine.State;

/// <summary>The files of a <see cref="StoreDevice"/>: <c>path.0</c>, <c>path.1</c> and so on, one for each segment.</summary>
static class StoreFiles
{
    /// <summary>Returns the files of a path, with their segments' numbers.</summary>
    public static IReadOnlyList<(string File, int Segment)> Of(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var files = new List<(string, int)>();
        if (Directory.Exists(folder))
        {
            foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + ".*"))
            {
                if (int.TryParse(file.AsSpan(file.LastIndexOf('.') + 1), CultureInfo.InvariantCulture, out var segment))
                {
                    files.Add((file, segment));
                }
            }
        }

        return files;
    }

    /// <summary>Deletes the files of a path.</summary>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public static void Delete(string path)
    {
        foreach (var (file, _) in Of(path))
        {
            File.Delete(file);
        }
    }

    /// <summary>Returns the first address of a range that a path's files do not have; null if they have all of it.</summary>
    public static long? FindGap(string path, int segmentBits, long from, long until)
    {
        for (var segment = from >> segmentBits; segment << segmentBits < until; segment++)
        {
            var file = new FileInfo($"{path}.{segment}");
            var end = (segment << segmentBits) + (file.Exists ? Math.Min(file.Length, 1L << segmentBits) : 0);
            if (end < Math.Min(until, (segment + 1) << segmentBits))
            {
                return end;
            }
        }

        return null;
    }
}
