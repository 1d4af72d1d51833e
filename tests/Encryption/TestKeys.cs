using CartRecovery.Engine.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Encryption;

/// <summary>Keys for tests.</summary>
static class TestKeys
{
    /// <summary>The master key.</summary>
    public static byte[] Master { get; } = [.. Enumerable.Repeat((byte)7, 32)];

    /// <summary>Opens the keys in a folder, and makes them if there are none.</summary>
    public static KeyVault In(Scratch scratch)
    {
        var folder = scratch.PathOf("keys");
        if (!KeyVault.Exists(folder))
        {
            KeyVault.Create(folder, Master);
        }

        return KeyVault.Open(folder, Master);
    }

    /// <summary>Returns the texts of which the bytes of some file below a folder have one, in UTF-8 or UTF-16.</summary>
    public static IEnumerable<string> Found(string folder, params IEnumerable<string> texts) => FoundIn(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "lock").Select(path => (path, Read(path))), texts);

    /// <summary>Likewise, for bytes with a name.</summary>
    public static IEnumerable<string> FoundIn(IEnumerable<(string Name, byte[] Bytes)> all, params IEnumerable<string> texts) =>
        [.. from part in all from text in texts
            where part.Bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0 || part.Bytes.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes(text)) >= 0
            select $"{text} in {part.Name}"];

    // A running engine has its files open.
    static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
