using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Fluid.Values;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// The customer attributes set by <c>identify</c> events, besides addresses: texts, numbers, Booleans and lists of them, by snake-case
/// names. Persisted as a JSON object of at most <see cref="MaxLength"/> bytes.
/// </summary>
public sealed class CustomerAttributes
{
    /// <summary>The maximum number of bytes kept per customer.</summary>
    public const int MaxLength = 4096;

    const int MaxNameLength = 64, MaxEntries = 32;

    /// <summary>An instance without attributes.</summary>
    public static readonly CustomerAttributes None = new([]);

    // The members of an identify event's meta that are not attributes: addresses, the zone, and fields of the event itself.
    static readonly FrozenSet<string> s_reserved = FrozenSet.Create(
        StringComparer.Ordinal, "email", "phone", "push_token", "timezone", "device", "source", "channel", "granted", "expires_at", "intervention");

    readonly Dictionary<string, FluidValue> _values;

    CustomerAttributes(Dictionary<string, FluidValue> values) => _values = values;

    /// <summary>The attributes' names.</summary>
    internal IReadOnlyCollection<string> Names => _values.Keys;

    /// <summary>Returns an attribute by name, in any case style: <c>firstName</c> is <c>first_name</c>.</summary>
    internal FluidValue Find(string name) => _values.TryGetValue(NameOf(name), out var value) ? value : NilValue.Instance;

    /// <summary>Returns whether an attribute can have this name, in any case style.</summary>
    public static bool IsName(string name) => NameOf(name) is { Length: > 0 and <= MaxNameLength } snake && !s_reserved.Contains(snake);

    /// <summary>Returns whether an attribute can have this value. <see langword="null"/> removes it.</summary>
    public static bool IsValue(JsonElement value) => IsKept(value) && (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= MaxEntries);

    /// <summary>Parses the result of <see cref="Merge(string?, ReadOnlySpan{byte})"/>.</summary>
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

    /// <summary>
    /// Merges the meta of an <c>identify</c> event: <see langword="null"/> removes an attribute; an object "attributes" is read like the
    /// meta itself.
    /// </summary>
    /// <param name="known">The attributes kept so far, or <see langword="null"/>.</param>
    /// <param name="meta">The event's meta; ignored unless it is a JSON object.</param>
    /// <returns>The attributes to keep: <paramref name="known"/> if nothing changed. Attributes beyond the length limit are left
    /// out.</returns>
    public static string? Merge(string? known, ReadOnlySpan<byte> meta) => Merge(known, meta, out _);

    /// <summary>Merges the meta of an event, and tells whether all attributes fit.</summary>
    /// <param name="known">The attributes kept so far, or <see langword="null"/>.</param>
    /// <param name="meta">The event's meta.</param>
    /// <param name="isComplete">Whether all attributes fit.</param>
    public static string? Merge(string? known, ReadOnlySpan<byte> meta, out bool isComplete)
    {
        isComplete = true;
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

                return said.Count == 0 ? known : Write(known, said, out isComplete);
            }
            catch (InvalidOperationException)
            {
                // An unpaired surrogate escape: valid JSON grammar but not text.
                return known;
            }
        }
    }

    static string Write(string? known, SortedDictionary<string, JsonElement> said, out bool isComplete)
    {
        var isCut = false;
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
        isComplete = !isCut;
        return Encoding.UTF8.GetString(output.WrittenSpan);

        void Add(string name, JsonElement value)
        {
            // A comma, and the closing brace.
            if (writer.BytesCommitted + writer.BytesPending + LengthOf(name, value) + 2 <= MaxLength)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
            else
            {
                isCut = true;
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
            // Not a usable value.
        }

        return false;
    }

    static void Gather(JsonElement meta, SortedDictionary<string, JsonElement> said)
    {
        foreach (var property in meta.EnumerateObject())
        {
            var name = NameOf(property.Name);
            if (name.Length is > 0 and <= MaxNameLength && !s_reserved.Contains(name) && IsKept(property.Value))
            {
                said[name] = property.Value;
            }
        }
    }

    static bool IsKept(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() <= MaxEntries
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
