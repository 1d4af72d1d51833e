using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Configuration.Values;

/// <summary>A configuration value written as a single text, such as a duration; <c>ToString</c> formats it the same way.</summary>
/// <typeparam name="T">The value's own type.</typeparam>
public interface IScalar<T>
    where T : struct, IScalar<T>
{
    /// <summary>Expected form with examples: <c>a duration like 5s</c>.</summary>
    static abstract string Form { get; }

    /// <summary>Regular expression of valid texts, without anchors.</summary>
    static abstract string Pattern { get; }

    /// <summary>Whether a bare integer is valid too.</summary>
    static virtual bool TakesNumber => false;

    /// <summary>Parses the text.</summary>
    static abstract bool TryParse(string text, out T value);
}

/// <summary>Reads and writes an <see cref="IScalar{T}"/> as a JSON string.</summary>
sealed class ScalarConverter<T> : JsonConverter<T>, IScalarFormat
    where T : struct, IScalar<T>
{
    public string Expected => T.Form;

    public object? Parse(string text) => T.TryParse(text, out var value) ? value : null;

    public JsonNode Show(object value) => value.ToString()!;

    public JsonObject Schema() => new()
    {
        ["type"] = T.TakesNumber ? new JsonArray("integer", "string") : "string",
        ["pattern"] = $"^({T.Pattern})$|{IScalarFormat.Substitution}",
    };

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && T.TryParse(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"must be {T.Form}");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}

/// <summary>Reads and writes an enumeration by its names in camelCase.</summary>
sealed class WordConverter<T> : JsonConverter<T>, IScalarFormat
    where T : struct, Enum
{
    static readonly Dictionary<string, T> s_words = Enum.GetValues<T>().ToDictionary(WordOf, StringComparer.Ordinal);

    public string Expected => string.Join(" or ", s_words.Keys);

    public IReadOnlyList<string>? Choices => [.. s_words.Keys];

    public object? Parse(string text) => s_words.TryGetValue(text, out var value) ? value : null;

    public JsonNode Show(object value) => WordOf((T)value);

    public JsonObject Schema() => IScalarFormat.OneOf(s_words.Keys);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && s_words.TryGetValue(reader.GetString()!, out var value)
            ? value
            : throw new JsonException($"must be {Expected}");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(WordOf(value));

    static string WordOf(T value) => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
