using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// What <c>identify</c> events said of a customer beyond addresses: texts, numbers, truth values and lists of them, by snake-case names.
/// They are kept as a JSON object of at most <see cref="Longest"/> bytes.
/// </summary>
public sealed class CustomerAttributes
{
    /// <summary>The most bytes that are kept of one customer.</summary>
    public const int Longest = 4096;

    const int LongestName = 64, MostEntries = 32;

    /// <summary>No attributes.</summary>
    public static readonly CustomerAttributes None = new([]);

    // What the meta of an identify event says that is no attribute: addresses, the zone, and what belongs to the event itself.
    static readonly FrozenSet<string> s_reserved = FrozenSet.Create(
        StringComparer.Ordinal, "email", "phone", "push_token", "timezone", "device", "source", "channel", "granted", "expires_at", "intervention");

    readonly Dictionary<string, FluidValue> _values;

    CustomerAttributes(Dictionary<string, FluidValue> values) => _values = values;

    /// <summary>The attributes' names.</summary>
    internal IReadOnlyCollection<string> Names => _values.Keys;

    /// <summary>The attribute of this name, in whatever case it is written: <c>firstName</c> is <c>first_name</c>.</summary>
    internal FluidValue Find(string name) => _values.TryGetValue(NameOf(name), out var value) ? value : NilValue.Instance;

    /// <summary>Reads what <see cref="Merge"/> wrote.</summary>
    public static CustomerAttributes Read(string? json)
    {
        if (string.IsNullOrEmpty(json))
        {
            return None;
        }

        var values = new Dictionary<string, FluidValue>(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            values[property.Name] = ValueOf(property.Value);
        }

        return new CustomerAttributes(values);
    }

    /// <summary>Adds what the meta of an <c>identify</c> event says: <c>null</c> removes an attribute, an object "attributes" is read as the meta itself.</summary>
    /// <param name="known">What was kept before, or <see langword="null"/>.</param>
    /// <param name="meta">The event's meta. What is not a JSON object says nothing.</param>
    /// <returns>What is to be kept: <paramref name="known"/> if nothing is new. An attribute that would make it too long is left out.</returns>
    public static string? Merge(string? known, ReadOnlySpan<byte> meta)
    {
        var said = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!TryParse(meta, out var document))
        {
            return known;
        }

        using (document)
        {
            try
            {
                Gather(document.RootElement, said);
                if (document.RootElement.TryGetProperty("attributes", out var more) && more.ValueKind == JsonValueKind.Object)
                {
                    Gather(more, said);
                }

                return said.Count == 0 ? known : Write(known, said);
            }
            catch (InvalidOperationException)
            {
                // An escape that is half a character: JSON by its grammar, and no text.
                return known;
            }
        }
    }

    static string Write(string? known, SortedDictionary<string, JsonElement> said)
    {
        using var before = known is null ? null : JsonDocument.Parse(known);
        var output = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        if (before is not null)
        {
            foreach (var property in before.RootElement.EnumerateObject().Where(property => !said.ContainsKey(property.Name)))
            {
                Add(property.Name, property.Value);
            }
        }

        foreach (var (name, value) in said)
        {
            if (value.ValueKind != JsonValueKind.Null)
            {
                Add(name, value);
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);

        void Add(string name, JsonElement value)
        {
            // A comma, and the brace at the end.
            if (writer.BytesCommitted + writer.BytesPending + LengthOf(name, value) + 2 <= Longest)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
        }
    }

    static int LengthOf(string name, JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartObject();
        writer.WritePropertyName(name);
        value.WriteTo(writer);
        writer.Flush();
        return output.WrittenCount - 1;
    }

    static bool TryParse(ReadOnlySpan<byte> json, out JsonDocument document)
    {
        document = null!;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (json.IsEmpty || !JsonDocument.TryParseValue(ref reader, out var parsed))
            {
                return false;
            }

            document = parsed;
            if (parsed.RootElement.ValueKind == JsonValueKind.Object)
            {
                return true;
            }

            parsed.Dispose();
        }
        catch (JsonException)
        {
            // It says nothing.
        }

        return false;
    }

    static void Gather(JsonElement meta, SortedDictionary<string, JsonElement> said)
    {
        foreach (var property in meta.EnumerateObject())
        {
            var name = NameOf(property.Name);
            if (name.Length is > 0 and <= LongestName && !s_reserved.Contains(name) && IsKept(property.Value))
            {
                said[name] = property.Value;
            }
        }
    }

    static bool IsKept(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() <= MostEntries
            && value.EnumerateArray().All(entry => entry.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object)),
        JsonValueKind.Object => false,
        _ => true,
    };

    static FluidValue ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new StringValue(value.GetString()!),
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? NumberValue.Create(number) : new StringValue(value.GetRawText()),
        JsonValueKind.True => BooleanValue.True,
        JsonValueKind.False => BooleanValue.False,
        JsonValueKind.Array => new ArrayValue([.. value.EnumerateArray().Select(ValueOf)]),
        _ => NilValue.Instance,
    };

    static string NameOf(string name) => name.AsSpan().ContainsAnyInRange('A', 'Z') ? JsonNamingPolicy.SnakeCaseLower.ConvertName(name) : name;
}
