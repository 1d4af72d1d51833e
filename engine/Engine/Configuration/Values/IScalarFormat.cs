using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>How a type is written as one text in the configuration. Converters of such types are their format.</summary>
internal interface IScalarFormat
{
    /// <summary>The part of a pattern that lets <c>${NAME}</c> stand for a value.</summary>
    const string Substitution = @"\$\{";

    /// <summary>What people should write: the end of "must be …".</summary>
    string Expected { get; }

    /// <summary>All texts that can be read, if they are few.</summary>
    IReadOnlyList<string>? Choices => null;

    /// <summary>The value, or <see langword="null"/> if the text is not one.</summary>
    object? Parse(string text);

    /// <summary>The value in JSON.</summary>
    JsonNode Show(object value);

    /// <summary>The JSON Schema of the texts that can be read.</summary>
    JsonObject Schema();

    /// <summary>The schema of one of these words.</summary>
    static JsonObject OneOf(IEnumerable<string> words) => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) },
            new JsonObject { ["type"] = "string", ["pattern"] = Substitution }),
    };

    /// <summary>The format of a type that is neither a section nor a list nor a map.</summary>
    static IScalarFormat Of(JsonTypeInfo type)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) is { } underlying ? type.Options.GetTypeInfo(underlying) : type;
        return plain.Converter as IScalarFormat ?? Primitives[plain.Type];
    }

    private static readonly Dictionary<Type, IScalarFormat> Primitives = new()
    {
        [typeof(string)] = new Primitive("text", "string", text => text, value => (string)value),
        [typeof(bool)] = new Primitive("true or false", "boolean",
            text => text switch { "true" => true, "false" => false, _ => null }, value => (bool)value),
        [typeof(int)] = new Primitive("a whole number", "integer",
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null,
            value => (int)value),
        [typeof(double)] = new Primitive("a number", "number",
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
                ? value
                : null,
            value => (double)value),
    };

    private sealed class Primitive(string expected, string jsonType, Func<string, object?> parse, Func<object, JsonNode> show) : IScalarFormat
    {
        public string Expected => expected;

        public object? Parse(string text) => parse(text);

        public JsonNode Show(object value) => show(value);

        public JsonObject Schema() => jsonType == "string"
            ? new() { ["type"] = jsonType }
            : new() { ["type"] = new JsonArray(jsonType, "string"), ["pattern"] = Substitution };
    }
}
