using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>Generates the JSON Schema of the configuration, used by editors, from the configuration's types.</summary>
public static class ConfigSchema
{
    static readonly JsonWriterOptions s_readable =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Generates the schema, draft 2020-12, with descriptions and defaults, indented and with a final line end.</summary>
    /// <param name="catalog">The names that the configuration may refer to.</param>
    public static string Write(ConfigCatalog catalog)
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "CartRecovery",
            ["description"] = "The configuration of CartRecovery.",
        };
        foreach (var (name, value) in Section(ConfigJson.Root, catalog))
        {
            schema[name] = value?.DeepClone();
        }

        schema["patternProperties"] = new JsonObject
        {
            ["^" + ConfigBinder.TemplatePrefix] = new JsonObject { ["description"] = "Anything that the rest of the file refers to: an anchor, &name, for *name and <<: *name." },
        };

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_readable))
        {
            schema.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    static JsonObject Of(JsonTypeInfo type, ConfigCatalog catalog) => type.Kind switch
    {
        // YAML reads a key without a value as null, which stands for an empty section, list or map.
        JsonTypeInfoKind.Object when type.Type == typeof(SinkConfig) => Sinks(type, catalog),
        JsonTypeInfoKind.Object => Section(type, catalog),
        JsonTypeInfoKind.Enumerable => new()
        {
            ["type"] = new JsonArray("array", "null"),
            ["items"] = Of(type.Options.GetTypeInfo(type.ElementType!), catalog),
        },
        JsonTypeInfoKind.Dictionary => new()
        {
            ["type"] = new JsonArray("object", "null"),
            ["additionalProperties"] = Of(type.Options.GetTypeInfo(type.ElementType!), catalog),
        },
        _ => IScalarFormat.Of(type).Schema(),
    };

    static JsonObject Section(JsonTypeInfo type, ConfigCatalog catalog)
    {
        var defaults = type.CreateObject!();
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var property in ConfigJson.KeysOf(type))
        {
            properties[property.Name] = Key(property, defaults, catalog);
            if (property.IsRequired)
            {
                required.Add((JsonNode)property.Name);
            }
        }
        var section = new JsonObject
        {
            ["type"] = required.Count > 0 ? "object" : new JsonArray("object", "null"),
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        if (required.Count > 0)
        {
            section["required"] = required;
        }

        return section;
    }

    static JsonObject Key(JsonPropertyInfo property, object section, ConfigCatalog catalog)
    {
        var type = property.Options.GetTypeInfo(property.PropertyType);
        var key = ConfigBinder.KeyOf(property)
            ?? throw new InvalidOperationException($"{property.DeclaringType.Name}.{property.Name} has no {nameof(ConfigKeyAttribute)}.");
        var schema = catalog.NamesOf(key.In) is { } names ? IScalarFormat.OneOf(names) : Of(type, catalog);
        if (key.IsSecret && type.Kind == JsonTypeInfoKind.None)
        {
            schema = SecretSchema.Of(schema);
        }
        else if (key.IsSecret && schema["additionalProperties"] is JsonObject text)
        {
            schema["additionalProperties"] = SecretSchema.Of((JsonObject)text.DeepClone());
        }

        schema.Insert(0, "description", Describe(key, type));
        if (type.Kind != JsonTypeInfoKind.None)
        {
            var (fewest, most) = type.Kind == JsonTypeInfoKind.Enumerable ? ("minItems", "maxItems") : ("minProperties", "maxProperties");
            Bound(schema, fewest, key.Min);
            if (key.Min is not null)
            {
                schema["type"] = "array";
            }

            Bound(schema, most, key.Max);
            return schema;
        }
        if (property.PropertyType == typeof(int) || property.PropertyType == typeof(double?))
        {
            Bound(schema, "minimum", key.Min);
            Bound(schema, "exclusiveMinimum", key.Above);
            Bound(schema, "maximum", key.Max);
        }
        if (!property.IsRequired && property.Get!(section) is { } value)
        {
            schema["default"] = IScalarFormat.Of(type).Show(value);
        }

        if (property.IsSetNullable)
        {
            return new() { ["description"] = Describe(key, type), ["anyOf"] = new JsonArray(Bare(schema), new JsonObject { ["type"] = "null" }) };
        }

        return schema;
    }

    // JSON Schema has no bounds for durations and sizes, so they go into the description.
    static string Describe(ConfigKeyAttribute key, JsonTypeInfo type) => (key, type.Kind) switch
    {
        (_, not JsonTypeInfoKind.None) => key.Description,
        ({ Min: { } min, Max: { } max }, _) => $"{key.Description} From {min} to {max}.",
        ({ Above: { } above, Max: { } max }, _) => $"{key.Description} Above {above}, up to {max}.",
        ({ Max: { } max }, _) => $"{key.Description} At most {max}.",
        _ => key.Description,
    };

    static void Bound(JsonObject schema, string keyword, string? value)
    {
        if (value is not null)
        {
            schema[keyword] = int.Parse(value);
        }
    }

    static JsonObject Bare(JsonObject schema)
    {
        schema.Remove("description");
        return schema;
    }

    /// <summary>Generates an alternative for each sink type: the common keys and the type's options.</summary>
    static JsonObject Sinks(JsonTypeInfo type, ConfigCatalog catalog)
    {
        var alternatives = new JsonArray();
        foreach (var spec in catalog.Sinks)
        {
            var section = Section(type, catalog);
            section.Insert(0, "description", spec.Description);
            var properties = (JsonObject)section["properties"]!;
            properties["type"] = new JsonObject { ["description"] = spec.Description, ["const"] = spec.Type };
            foreach (var option in spec.Options)
            {
                properties[option.Name] = SinkOptionSchema.Of(option);
                if (option.Required)
                {
                    ((JsonArray)section["required"]!).Add((JsonNode)option.Name);
                }
            }
            alternatives.Add((JsonNode)section);
        }
        return new() { ["oneOf"] = alternatives };
    }
}
