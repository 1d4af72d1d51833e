using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Reads times of bodies and says what is wrong with others. Writes times in UTC with <c>Z</c>.</summary>
sealed class BodyTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) ? time
            : throw new BodyTimeException(reader.TokenType == JsonTokenType.Number ? "a number" : "something else");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}
