using System.Globalization;
using System.Text.Json;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Translates OpenTelemetry's metrics from JSON to Protocol Buffers, so that one reader knows what they mean. The JSON is that of the OTLP
/// specification: names in lowerCamelCase, numbers of 64 bits as texts or numbers, unknown fields left out.
/// </summary>
public static class OtlpJson
{
    enum Kind
    {
        Message,
        Text,
        Truth,
        Number,
        Fixed,
        Double,
    }

    static readonly Shape s_value = new(new() { ["stringValue"] = (1, Kind.Text, null), ["boolValue"] = (2, Kind.Truth, null), ["intValue"] = (3, Kind.Number, null), ["doubleValue"] = (4, Kind.Double, null) });
    static readonly Shape s_attribute = new(new() { ["key"] = (1, Kind.Text, null), ["value"] = (2, Kind.Message, s_value) });
    static readonly Shape s_quantile = new(new() { ["quantile"] = (1, Kind.Double, null), ["value"] = (2, Kind.Double, null) });

    static readonly Shape s_number = new(new()
    {
        ["timeUnixNano"] = (3, Kind.Fixed, null),
        ["asDouble"] = (4, Kind.Double, null),
        ["asInt"] = (6, Kind.Fixed, null),
        ["attributes"] = (7, Kind.Message, s_attribute),
        ["flags"] = (8, Kind.Number, null),
    });

    static readonly Shape s_histogram = new(new()
    {
        ["timeUnixNano"] = (3, Kind.Fixed, null),
        ["count"] = (4, Kind.Fixed, null),
        ["sum"] = (5, Kind.Double, null),
        ["bucketCounts"] = (6, Kind.Fixed, null),
        ["explicitBounds"] = (7, Kind.Double, null),
        ["attributes"] = (9, Kind.Message, s_attribute),
        ["flags"] = (10, Kind.Number, null),
    });

    static readonly Shape s_summary = new(new()
    {
        ["timeUnixNano"] = (3, Kind.Fixed, null),
        ["count"] = (4, Kind.Fixed, null),
        ["sum"] = (5, Kind.Double, null),
        ["quantileValues"] = (6, Kind.Message, s_quantile),
        ["attributes"] = (7, Kind.Message, s_attribute),
        ["flags"] = (8, Kind.Number, null),
    });

    static readonly Shape s_metric = new(new()
    {
        ["name"] = (1, Kind.Text, null),
        ["description"] = (2, Kind.Text, null),
        ["unit"] = (3, Kind.Text, null),
        ["gauge"] = (5, Kind.Message, Data(s_number)),
        ["sum"] = (7, Kind.Message, Data(s_number)),
        ["histogram"] = (9, Kind.Message, Data(s_histogram)),
        ["exponentialHistogram"] = (10, Kind.Message, Data(new Shape([]))),
        ["summary"] = (11, Kind.Message, Data(s_summary)),
    });

    static readonly Shape s_request = new(new()
    {
        ["resourceMetrics"] = (1, Kind.Message, new Shape(new()
        {
            ["resource"] = (1, Kind.Message, new Shape(new() { ["attributes"] = (1, Kind.Message, s_attribute) })),
            ["scopeMetrics"] = (2, Kind.Message, new Shape(new() { ["metrics"] = (2, Kind.Message, s_metric) })),
        })),
    });

    /// <summary>Translates a request.</summary>
    /// <exception cref="FormatException">The body is no JSON, or a field has another type.</exception>
    public static byte[] ToProtobuf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Translate(document.RootElement, s_request, "the body").Bytes.ToArray();
        }
        catch (JsonException e)
        {
            throw new FormatException($"the body is no JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // A text that is no UTF-16.
            throw new FormatException($"the body has an invalid text: {e.Message}", e);
        }
    }

    static Shape Data(Shape point) => new(new() { ["dataPoints"] = (1, Kind.Message, point), ["aggregationTemporality"] = (2, Kind.Number, null), ["isMonotonic"] = (3, Kind.Truth, null) });

    static ProtoMessage Translate(JsonElement json, Shape shape, string name)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{name}: expected an object");
        }

        var message = new ProtoMessage();
        foreach (var property in json.EnumerateObject())
        {
            if (!shape.Fields.TryGetValue(property.Name, out var field) || property.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (property.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in property.Value.EnumerateArray())
                {
                    Write(message, item, field, property.Name);
                }
            }
            else
            {
                Write(message, property.Value, field, property.Name);
            }
        }

        return message;
    }

    static void Write(ProtoMessage message, JsonElement json, (int Number, Kind Kind, Shape? Shape) field, string name)
    {
        switch (field.Kind)
        {
            case Kind.Message:
                message.Write(field.Number, Translate(json, field.Shape!, name).Bytes);
                break;
            case Kind.Text when json.ValueKind == JsonValueKind.String:
                message.Text(field.Number, json.GetString()!);
                break;
            case Kind.Truth when json.ValueKind is JsonValueKind.True or JsonValueKind.False:
                message.Number(field.Number, json.GetBoolean() ? 1ul : 0);
                break;
            case Kind.Number or Kind.Fixed when Whole(json) is { } whole:
                if (field.Kind == Kind.Fixed)
                {
                    message.Fixed64(field.Number, whole);
                }
                else
                {
                    message.Number(field.Number, whole);
                }

                break;
            case Kind.Double when Real(json) is { } real:
                message.Fixed64(field.Number, BitConverter.DoubleToUInt64Bits(real));
                break;
            default:
                throw new FormatException($"{name}: expected {Expected(field.Kind)}");
        }
    }

    static ulong? Whole(JsonElement json)
    {
        var text = json.ValueKind switch { JsonValueKind.String => json.GetString()!, JsonValueKind.Number => json.GetRawText(), _ => "" };
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var signed) ? (ulong)signed : null;
    }

    static double? Real(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.String => json.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : null,
        },
        _ => null,
    };

    static string Expected(Kind kind) => kind switch
    {
        Kind.Text => "a text",
        Kind.Truth => "true or false",
        Kind.Double => "a number",
        _ => "a whole number",
    };

    sealed record Shape(Dictionary<string, (int Number, Kind Kind, Shape? Shape)> Fields);
}
