using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The files of a data folder, for tests that damage them.</summary>
sealed partial class DataFiles(string folder)
{
    /// <summary>The journal segments of partition 0, oldest first.</summary>
    public IReadOnlyList<string> Segments() => ByNumber(Directory.GetFiles(Path.Combine(folder, "journal", "0"), "*.journal"));

    /// <summary>The checkpoints of partition 0, oldest first.</summary>
    public IReadOnlyList<string> Checkpoints()
    {
        var path = Path.Combine(folder, "checkpoints", "0");
        return Directory.Exists(path) ? ByNumber(Directory.GetDirectories(path)) : [];
    }

    static readonly string[] s_changing = ["outreach.", "control.", "alerts.", "notices.", "metrics.", "logs/"];

    /// <summary>The content of each file, except the lock, the log, and the databases, whose write-ahead logs are merged on close.</summary>
    public IReadOnlyDictionary<string, string> Contents() =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(folder, file) is not "lock" and var name && !Array.Exists(s_changing, part => name.StartsWith(part, StringComparison.Ordinal)))
            .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))),
                StringComparer.Ordinal);

    /// <summary>The used length of a file; only zeros follow.</summary>
    public static int UsedBytes(string file) => File.ReadAllBytes(file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;

    /// <summary>Inverts bytes of a file.</summary>
    public static void Damage(string file, long position, int count)
    {
        using var stream = File.Open(file, FileMode.Open);
        var bytes = new byte[count];
        stream.Position = position;
        stream.ReadExactly(bytes);
        for (var i = 0; i < count; i++)
        {
            bytes[i] ^= 0x5a;
        }

        stream.Position = position;
        stream.Write(bytes);
    }

    static List<string> ByNumber(string[] paths) =>
        [.. paths.Where(path => Numbered().IsMatch(path)).OrderBy(path => long.Parse(Path.GetFileNameWithoutExtension(path)))];

    [GeneratedRegex(@"/[0-9]+(\.journal)?$")]
    private static partial Regex Numbered();
}
