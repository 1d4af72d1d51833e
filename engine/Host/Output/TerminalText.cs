using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace CartRecovery.Host.Output;

/// <summary>Prints text from clients without letting it control the terminal.</summary>
static class TerminalText
{
    const int MaxLineLength = 400;

    /// <summary>Escapes control characters, except line breaks and tabs.</summary>
    public static string Clean(string text) =>
        text.Any(IsUnsafe) ? string.Concat(text.Select(c => IsUnsafe(c) ? $"\\u{(int)c:x4}" : c.ToString())) : text;

    /// <summary>Returns the first characters of a text, cleaned.</summary>
    public static string Cut(string text, int characters)
    {
        var clean = Clean(text);
        return clean.Length <= characters ? clean : clean[..(characters - 1)].TrimEnd() + "…";
    }

    /// <summary>Formats a duration in its largest unit: 5s, 3m, 2h, 4d.</summary>
    public static string AgeOf(long milliseconds)
    {
        var seconds = Math.Max(milliseconds, 0) / 1000;
        return seconds < 60 ? $"{seconds}s" : seconds < 3600 ? $"{seconds / 60}m" : seconds < 86400 ? $"{seconds / 3600}h" : $"{seconds / 86400}d";
    }

    /// <summary>Writes a diff: removed lines in red, added ones in green, if colours are supported.</summary>
    public static void WriteDifference(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var text = Cut(line, MaxLineLength);
            Terminal.WriteLine(text, line[0] switch
            {
                '-' => Color.Red,
                '+' => Color.Green,
                _ => Color.Default,
            });
        }
    }

    /// <summary>Writes a JSON object on one line.</summary>
    public static void WriteJson(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }

        Console.WriteLine(Encoding.UTF8.GetString(output.WrittenSpan).ReplaceLineEndings(" "));
    }

    static bool IsUnsafe(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
