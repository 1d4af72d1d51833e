using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Reconciliation;

/// <summary>Reads the time of an order: RFC 3339, and UTC if it has no offset, whatever the machine's time zone is.</summary>
sealed class ShopTimeConverter : JsonConverter<DateTimeOffset?>
{
    /// <summary>Reads a time; <see langword="null"/> if the text is none.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    /// <inheritdoc/>
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null
        : reader.TokenType == JsonTokenType.String && Parse(reader.GetString()) is { } time ? time : throw new JsonException();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options)
    {
        if (value is { } time)
        {
            writer.WriteStringValue(time);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
