using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>The text format of a scalar configuration type, implemented by its converter.</summary>
interface IScalarFormat
{
    /// <summary>The pattern of <c>${NAME}</c> in place of a value.</summary>
    const string Substitution = @"\$\{";

    /// <summary>Expected form: the end of "must be …".</summary>
    string Expected { get; }

    /// <summary>All valid texts, if they are few.</summary>
    IReadOnlyList<string>? Choices => null;

    /// <summary>Parses a text; <see langword="null"/> if it is invalid.</summary>
    object? Parse(string text);

    /// <summary>Converts the value to JSON.</summary>
    JsonNode Show(object value);

    /// <summary>Returns the JSON Schema of valid texts.</summary>
    JsonObject Schema();

    /// <summary>Creates a schema that allows the given words.</summary>
    static JsonObject OneOf(IEnumerable<string> words) => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]) },
            new JsonObject { ["type"] = "string", ["pattern"] = Substitution }),
    };

    /// <summary>Finds the format of a type that is not a section, list or map.</summary>
    static IScalarFormat Of(JsonTypeInfo type)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) is { } underlying ? type.Options.GetTypeInfo(underlying) : type;
        return plain.Converter as IScalarFormat ?? s_primitives[plain.Type];
    }

    private static readonly Dictionary<Type, IScalarFormat> s_primitives = new()
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
