using System.Text;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Decodes a configuration file: UTF-8, or UTF-16 with a byte order mark. Bytes that are neither are reported, and replaced so that the rest
/// of the file is checked too.
/// </summary>
static class FileText
{
    // A file of another kind altogether has thousands.
    const int MaxReports = 20;

    /// <summary>Decodes the bytes and reports the lines that are not UTF-8.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, ConfigProblems problems)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }

        var text = bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        if (!System.Text.Unicode.Utf8.IsValid(text))
        {
            Report(text, problems);
        }

        return Encoding.UTF8.GetString(text);
    }

    static void Report(ReadOnlySpan<byte> text, ConfigProblems problems)
    {
        var (line, column, reported, reports) = (1, 1, 0, 0);
        while (!text.IsEmpty && reports < MaxReports)
        {
            var isValid = Rune.DecodeFromUtf8(text, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (!isValid && reported != line)
            {
                (reported, reports) = (line, reports + 1);
                problems.Add(new SourceLocation(line, column), $"byte 0x{text[0]:X2} is not UTF-8; save the file in UTF-8");
            }

            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + rune.Utf16SequenceLength);
            text = text[length..];
        }
    }
}
