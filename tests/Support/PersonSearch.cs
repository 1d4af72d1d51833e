using System.Text;
using System.Text.Json;

namespace CartRecovery.Tests.Support;

/// <summary>Searches files for what identifies a person, in every spelling in which it may have been written.</summary>
static class PersonSearch
{
    /// <summary>Returns the texts that some file below a folder has, with the spelling and the file.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="isSearched">Which files are searched, by their path in the folder.</param>
    public static IReadOnlyList<string> Find(string folder, IEnumerable<string> texts, Func<string, bool> isSearched) => FindIn(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => (Name: Path.GetRelativePath(folder, path), Path: path))
            .Where(file => Path.GetFileName(file.Path) != "lock" && isSearched(file.Name)).Select(file => (file.Name, Read(file.Path))), texts);

    /// <summary>Likewise, for bytes with a name.</summary>
    public static IReadOnlyList<string> FindIn(IEnumerable<(string Name, byte[] Bytes)> all, IEnumerable<string> texts)
    {
        var wanted = texts.SelectMany(SpellingsOf).ToArray();
        return [.. from part in all
            let lower = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(part.Bytes).ToLowerInvariant())
            from text in wanted
            where part.Bytes.AsSpan().IndexOf(text.Bytes) >= 0 || lower.AsSpan().IndexOf(text.Bytes) >= 0
            select $"{text.Name} in {part.Name}"];
    }

    static IEnumerable<(string Name, byte[] Bytes)> SpellingsOf(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        yield return ($"'{text}'", utf8);
        yield return ($"'{text}' in lower case", Encoding.UTF8.GetBytes(text.ToLowerInvariant()));
        yield return ($"'{text}' in UTF-16", Encoding.Unicode.GetBytes(text));
        yield return ($"'{text}' in hexadecimal", Encoding.ASCII.GetBytes(Convert.ToHexStringLower(utf8)));
        yield return ($"'{text}' in HEXADECIMAL", Encoding.ASCII.GetBytes(Convert.ToHexString(utf8)));
        yield return ($"'{text}' percent-encoded", Encoding.ASCII.GetBytes(Uri.EscapeDataString(text)));
        yield return ($"'{text}' as JSON", Encoding.UTF8.GetBytes(JsonEncodedText.Encode(text).ToString()));
        for (var offset = 0; offset < 3; offset++)
        {
            // Without the characters that depend on what is before and after.
            var encoded = Convert.ToBase64String([.. new byte[offset], .. utf8]);
            var whole = encoded[(offset == 0 ? 0 : offset + 1)..(encoded.Length - 4)];
            yield return ($"'{text}' in base64 at {offset}", Encoding.ASCII.GetBytes(whole));
            yield return ($"'{text}' in base64url at {offset}", Encoding.ASCII.GetBytes(whole.Replace('+', '-').Replace('/', '_')));
        }
    }

    // A running engine has its files open.
    static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
