using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace CartRecovery.Host.Logs;

/// <summary>
/// Which lines of the log to find. Words are parts of a line, whatever their case; <c>name:value</c> is the whole value of a field; <c>-</c> before
/// either excludes; quotation marks hold a phrase together. All parts must hold.
/// </summary>
sealed class LogQuery
{
    /// <summary>The most parts of a query.</summary>
    public const int MaxParts = 16;

    // Threads log beside each other, and clocks are corrected: by how many milliseconds a line may be before an earlier one.
    const long MaxDisorder = 60_000;

    static readonly string[] s_levels = ["trace", "debug", "information", "warning", "error", "critical"];

    // A level's name, in quotation marks as JSON has it.
    static readonly AsciiWord[] s_levelWords = [.. s_levels.Select(level => AsciiWord.Of($"\"{level}\"")!)];

    readonly List<(string Text, bool Excludes, AsciiWord? Ascii)> _words = [];
    readonly List<(string Field, string Value, bool Excludes, AsciiWord? Ascii)> _fields = [];

    /// <summary>The levels, the least severe first.</summary>
    public static IReadOnlyList<string> Levels => s_levels;

    /// <summary>The least severe level to find.</summary>
    public string Level { get; init; } = s_levels[0];

    /// <summary>Lines from here on; in milliseconds since 1970 UTC.</summary>
    public long From { get; init; } = long.MinValue;

    /// <summary>Lines before this time; in milliseconds since 1970 UTC.</summary>
    public long To { get; init; } = long.MaxValue;

    /// <summary>Adds the parts of a query's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">What is wrong with it.</param>
    public bool TryAdd(string text, [NotNullWhen(false)] out string? problem)
    {
        problem = null;
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }

            var excludes = text[at] == '-' && at + 1 < text.Length && text[at + 1] != ' ';
            at += excludes ? 1 : 0;
            var field = FieldAt(text, ref at);
            if (!TryReadValue(text, ref at, out var value))
            {
                problem = "a quotation mark is not closed";
                return false;
            }

            if (field is null)
            {
                _words.Add((value, excludes, AsciiWord.Of(value)));
            }
            else
            {
                _fields.Add((field, value, excludes, AsciiWord.Of(value)));
            }

            if (_words.Count + _fields.Count > MaxParts)
            {
                problem = $"it has more than {MaxParts} parts";
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns whether a file that begins with a line has none to find, because all of it is too late.</summary>
    public bool IsAfter(string first)
    {
        if (To == long.MaxValue)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(first);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("time"u8, out var time) && time.ValueKind == JsonValueKind.String
                && time.TryGetDateTimeOffset(out var at) && at.ToUnixTimeMilliseconds() - MaxDisorder >= To;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Returns whether a line is before <see cref="From"/>, as are those before it; and the line itself if it is one to find.</summary>
    /// <param name="line">The line in UTF-8; what is found is a copy.</param>
    public (bool IsBefore, JsonDocument? Found) Match(ReadOnlyMemory<byte> line)
    {
        // Most lines are ASCII and lack what is searched for: they need neither a text nor JSON.
        var isAscii = Ascii.IsValid(line.Span);
        var mayFit = isAscii ? MayFit(line.Span) : HasWords(Encoding.UTF8.GetString(line.Span));
        if (!mayFit && (From == long.MinValue || (isAscii && TimeOf(line.Span) >= From - MaxDisorder)))
        {
            return (false, null);
        }

        return Match(isAscii ? line.ToArray() : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(line.Span)), mayFit);
    }

    (bool IsBefore, JsonDocument? Found) Match(byte[] line, bool mayFit)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException)
        {
            // A line that a crash cut off.
            return (false, null);
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("time"u8, out var time)
            || time.ValueKind != JsonValueKind.String || !time.TryGetDateTimeOffset(out var at))
        {
            document.Dispose();
            return (false, null);
        }

        var (root, moment) = (document.RootElement, at.ToUnixTimeMilliseconds());
        if (mayFit && moment >= From && moment < To && IsSevere(root)
            && _fields.TrueForAll(field => Has(root, field.Field, field.Value) != field.Excludes))
        {
            return (false, document);
        }

        document.Dispose();
        return (From != long.MinValue && moment < From - MaxDisorder, null);
    }

    bool HasWords(string line) => _words.TrueForAll(word => line.Contains(word.Text, StringComparison.OrdinalIgnoreCase) != word.Excludes);

    // Whether an ASCII line has the words, and may have the fields and the level: where JSON escapes nothing, it has their values as they are.
    bool MayFit(ReadOnlySpan<byte> line)
    {
        string? text = null;
        foreach (var word in _words)
        {
            if ((word.Ascii is { } ascii ? ascii.IsIn(line) : (text ??= Encoding.ASCII.GetString(line))
                .Contains(word.Text, StringComparison.OrdinalIgnoreCase)) == word.Excludes)
            {
                return false;
            }
        }

        if (line.Contains((byte)'\\'))
        {
            return true;
        }

        foreach (var field in _fields)
        {
            if (!field.Excludes && field.Ascii is { } value && !value.IsIn(line))
            {
                return false;
            }
        }

        return HasLevel(line);
    }

    bool HasLevel(ReadOnlySpan<byte> line)
    {
        var least = Array.IndexOf(s_levels, Level);
        for (var level = s_levels.Length - 1; least > 0 && level >= least; level--)
        {
            if (s_levelWords[level].IsIn(line))
            {
                return true;
            }
        }

        return least <= 0;
    }

    // The time with which a line begins; null if it begins otherwise.
    static long? TimeOf(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName
                && reader.ValueTextEquals("time"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time.ToUnixTimeMilliseconds() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    bool IsSevere(JsonElement line) =>
        line.TryGetProperty("level"u8, out var level) && level.ValueKind == JsonValueKind.String && Array.IndexOf(s_levels, level.GetString()) >= Array.IndexOf(s_levels, Level);

    static bool Has(JsonElement line, string field, string value) =>
        line.TryGetProperty(field, out var found)
        && string.Equals(found.ValueKind == JsonValueKind.String ? found.GetString() : found.GetRawText(), value, StringComparison.OrdinalIgnoreCase);

    // A name and a colon; a colon later in a word, as in an address, belongs to the word.
    static string? FieldAt(string text, ref int at)
    {
        var end = at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        if (end == at || end + 1 >= text.Length || text[end] != ':' || text[end + 1] is ' ' or '/')
        {
            return null;
        }

        var field = text[at..end];
        at = end + 1;
        return field;
    }

    static bool TryReadValue(string text, ref int at, out string value)
    {
        var isQuoted = text[at] == '"';
        var begin = isQuoted ? at + 1 : at;
        var end = text.IndexOf(isQuoted ? '"' : ' ', begin);
        if (end < 0 && isQuoted)
        {
            value = "";
            return false;
        }

        end = end < 0 ? text.Length : end;
        value = text[begin..end];
        at = isQuoted ? end + 1 : end;
        return true;
    }
}
