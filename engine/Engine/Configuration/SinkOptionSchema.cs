using System.Text.Json.Nodes;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration;

/// <summary>Generates the JSON Schema of a sink's option. <c>${NAME}</c> is allowed for every value.</summary>
static class SinkOptionSchema
{
    public static JsonObject Of(SinkOption option)
    {
        var schema = Of(option.Type);
        schema.Insert(0, "description", option.Description);
        if (option.Default is { } text)
        {
            schema["default"] = DefaultOf(option.Type, text);
        }

        return schema;
    }

    static JsonObject Of(OptionType type)
    {
        switch (type)
        {
            case IntegerOption { Min: var min, Max: var max }:
                return Number("integer", min, max);
            case NumberOption { Min: var min, Max: var max }:
                return Number("number", min, max);
            case BooleanOption:
                return new() { ["type"] = new JsonArray("boolean", "string"), ["pattern"] = IScalarFormat.Substitution };
            case ChoiceOption choice:
                return IScalarFormat.OneOf(choice.Choices);
            case DurationOption:
                return new() { ["type"] = "string", ["pattern"] = $"^({DurationText.Pattern})$|{IScalarFormat.Substitution}" };
            case UrlOption:
                return new() { ["type"] = "string", ["pattern"] = $"^https?://|{IScalarFormat.Substitution}" };
            case ListOption:
                return new() { ["type"] = new JsonArray("array", "string"), ["items"] = Text() };
            case HeadersOption:
                return new() { ["type"] = new JsonArray("object", "null"), ["additionalProperties"] = SecretSchema.Of(Text()) };
            case SecretOption:
                return SecretSchema.Of(Text());
            default:
                return Text();
        }
    }

    // YAML reads 8080 and true as a number and a Boolean, which are equally valid as text.
    static JsonObject Text() => new() { ["type"] = new JsonArray("string", "number", "boolean") };

    static JsonObject Number<T>(string type, T? min, T? max)
        where T : struct
    {
        var schema = new JsonObject { ["type"] = new JsonArray(type, "string"), ["pattern"] = IScalarFormat.Substitution };
        if (min is { } least)
        {
            schema["minimum"] = JsonNode.Parse(FormattableString.Invariant($"{least}"));
        }

        if (max is { } most)
        {
            schema["maximum"] = JsonNode.Parse(FormattableString.Invariant($"{most}"));
        }

        return schema;
    }

    static JsonNode DefaultOf(OptionType type, string text) => type switch
    {
        IntegerOption or NumberOption or BooleanOption => JsonNode.Parse(text)!,
        _ => text,
    };
}
