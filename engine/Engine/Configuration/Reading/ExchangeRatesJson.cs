using System.Buffers;
using System.Text;
using System.Text.Json;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Reads exchange rates from JSON: the value of one unit of each currency, <c>{"USD": 1, "EUR": 1.08}</c>; or, as public sources publish
/// them, the value of a base in each, <c>{"base": "USD", "rates": {"EUR": 0.926}}</c>. Of the latter, codes that ISO 4217 lacks are skipped,
/// because such sources list some.
/// </summary>
public static class ExchangeRatesJson
{
    /// <summary>The longest text, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    /// <summary>The most rates.</summary>
    public const int MaxRates = 400;

    /// <summary>The limit of the value of one unit.</summary>
    internal const double MaxWorth = 1e12;

    // A text of another kind altogether has thousands.
    const int MaxProblems = 20;

    const string Base = "base", Rates = "rates";

    /// <summary>Reads the rates.</summary>
    /// <param name="json">The text, in UTF-8, with or without a byte order mark.</param>
    /// <param name="rates">Receives the value of one unit by code, if there are no problems.</param>
    /// <returns>The problems, in the order of the text; at most 20.</returns>
    public static IReadOnlyList<ExchangeRatesProblem> Read(ReadOnlySpan<byte> json, Dictionary<string, double> rates)
    {
        var text = json.StartsWith(Encoding.UTF8.Preamble) ? json[Encoding.UTF8.Preamble.Length..] : json;
        var problems = new List<ExchangeRatesProblem>();
        var read = new Dictionary<string, double>(StringComparer.Ordinal);
        try
        {
            Read(text, read, problems);
        }
        catch (JsonException e)
        {
            var line = (int)(e.LineNumber ?? 0);
            var column = ColumnOf(LineOf(text, line), (int)(e.BytePositionInLine ?? 0));
            return [new ExchangeRatesProblem(line + 1, column, $"not valid JSON: {MessageOf(e)}")];
        }
        catch (InvalidOperationException)
        {
            return [new ExchangeRatesProblem(1, 1, "not valid JSON: a string is not UTF-8")];
        }

        if (problems.Count == 0)
        {
            foreach (var (currency, worth) in read)
            {
                rates[currency] = worth;
            }
        }

        return problems;
    }

    static void Read(ReadOnlySpan<byte> text, Dictionary<string, double> rates, List<ExchangeRatesProblem> problems)
    {
        var reader = new Utf8JsonReader(text);
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            Report(text, start, "expected a JSON object of currencies and numbers", problems);
            return;
        }

        var (entries, quotesAt) = ((List<Entry>?)null, 0);
        var own = Entries(ref reader, (ref Utf8JsonReader nested, in Entry entry) =>
        {
            if (entry.Name != Rates || nested.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            (quotesAt, entries) = (entry.ValueAt, Entries(ref nested, nestedEntries: null));
            return true;
        });
        while (reader.Read())
        {
            // Throws if the object is not all.
        }

        if (entries is null || own.Find(entry => entry is { Name: Base, Kind: JsonTokenType.String }) is not { Name: not null } unit)
        {
            Add(text, own, isPublic: false, rates, problems);
            (entries, quotesAt) = (own, start);
        }
        else if (!CurrencyCode.Known.Contains(unit.Text))
        {
            Report(text, unit.ValueAt, $"base: {Unknown(unit.Text)}", problems);
        }
        else
        {
            Add(text, entries, isPublic: true, rates, problems);
            if (rates.Count > 0)
            {
                rates[unit.Text] = 1;
            }
        }

        if (problems.Count == 0 && rates.Count == 0)
        {
            Report(text, quotesAt, "no rate of a known currency", problems);
        }
    }

    static void Add(
        ReadOnlySpan<byte> text, List<Entry> entries, bool isPublic, Dictionary<string, double> rates, List<ExchangeRatesProblem> problems)
    {
        foreach (var entry in entries)
        {
            var isKnown = CurrencyCode.Known.Contains(entry.Name);
            if (!isKnown && isPublic && !CurrencyCode.Known.Contains(entry.Name.ToUpperInvariant()))
            {
                continue;
            }

            if (!isKnown)
            {
                Report(text, entry.At, Unknown(entry.Name), problems);
            }
            else if (entry.Number is not (> 0 and < MaxWorth) || 1 / entry.Number is not < MaxWorth)
            {
                var got = entry.Kind == JsonTokenType.String ? "a string" : entry.Text;
                Report(text, entry.ValueAt, $"{entry.Name}: expected a number above 0, got {got}", problems);
            }
            else if (!rates.TryAdd(entry.Name, isPublic ? 1 / entry.Number.Value : entry.Number.Value))
            {
                Report(text, entry.At, $"duplicate currency '{entry.Name}'", problems);
            }
        }
    }

    // Reads the object that the reader has entered. Values that the function does not read are skipped.
    static List<Entry> Entries(ref Utf8JsonReader reader, ReadNested? nestedEntries)
    {
        var entries = new List<Entry>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, at) = (reader.GetString()!, (int)reader.TokenStartIndex);
            reader.Read();
            var entry = new Entry(name, at, (int)reader.TokenStartIndex, reader.TokenType, TextOf(reader),
                reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) ? number : null);
            if (nestedEntries?.Invoke(ref reader, entry) != true)
            {
                reader.Skip();
                if (entries.Count <= MaxRates)
                {
                    entries.Add(entry);
                }
            }
        }

        return entries.Count <= MaxRates ? entries : throw new JsonException($"more than {MaxRates} entries");
    }

    static string TextOf(in Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        _ => reader.TokenType == JsonTokenType.True ? "true" : "false",
    };

    /// <summary>Describes a text that is no code of <see cref="CurrencyCode.Known"/>.</summary>
    internal static string Unknown(string code) =>
        $"expected an ISO 4217 code, got '{code}'{Suggestion.Hint(code, CurrencyCode.Known)}";

    static void Report(ReadOnlySpan<byte> text, int at, string message, List<ExchangeRatesProblem> problems)
    {
        if (problems.Count < MaxProblems)
        {
            var lineStart = text[..at].LastIndexOf((byte)'\n') + 1;
            problems.Add(new ExchangeRatesProblem(text[..at].Count((byte)'\n') + 1, ColumnOf(text[lineStart..], at - lineStart), message));
        }
    }

    // The text from the beginning of a line, counted from 0.
    static ReadOnlySpan<byte> LineOf(ReadOnlySpan<byte> text, int line)
    {
        for (; line > 0 && text.IndexOf((byte)'\n') is >= 0 and var end; line--)
        {
            text = text[(end + 1)..];
        }

        return text;
    }

    static int ColumnOf(ReadOnlySpan<byte> line, int bytes) => Encoding.UTF8.GetCharCount(line[..Math.Min(bytes, line.Length)]) + 1;

    // Without the position, which is given apart.
    static string MessageOf(JsonException e) => e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal) is >= 0 and var end ? e.Message[..end] : e.Message;

    delegate bool ReadNested(ref Utf8JsonReader reader, in Entry entry);

    readonly record struct Entry(string Name, int At, int ValueAt, JsonTokenType Kind, string Text, double? Number);
}
