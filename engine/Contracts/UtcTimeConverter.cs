using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Contracts;

/// <summary>Writes times in UTC with <c>Z</c>, as the API's answers have them. Reads any RFC 3339 time.</summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
