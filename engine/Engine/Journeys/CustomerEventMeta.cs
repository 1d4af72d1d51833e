using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Journeys;

/// <summary>The fields of an event's meta that journeys use. Missing fields are <see langword="null"/>.</summary>
sealed record CustomerEventMeta
{
    /// <summary>The message the event refers to.</summary>
    public string? Intervention { get; init; }

    /// <summary>email, sms or push.</summary>
    public string? Channel { get; init; }

    /// <summary>A consent: granted or denied.</summary>
    public bool? Granted { get; init; }

    /// <summary>When a granted consent expires (ms since 1970 UTC).</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>Of a consent: where it was given, for what, and the version of the text that was shown.</summary>
    public string? Source { get; init; }

    public string? Purpose { get; init; }

    public string? TextVersion { get; init; }

    public string? Email { get; init; }

    public string? Phone { get; init; }

    public string? PushToken { get; init; }

    /// <summary>An IANA time zone.</summary>
    public string? Timezone { get; init; }

    /// <summary>The discount code of an order.</summary>
    public string? Code { get; init; }

    /// <summary>A product's name, page and image.</summary>
    public string? Name { get; init; }

    public string? Url { get; init; }

    public string? Image { get; init; }

    /// <summary>Parses a meta. Fields of another form are ignored.</summary>
    public static CustomerEventMeta Of(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return new CustomerEventMeta();
        }

        try
        {
            return JsonSerializer.Deserialize(json, CustomerEventMetaJson.Default.CustomerEventMeta) ?? new CustomerEventMeta();
        }
        catch (JsonException)
        {
            return new CustomerEventMeta();
        }
    }
}

/// <summary>JSON serialization of <see cref="CustomerEventMeta"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CustomerEventMeta))]
sealed partial class CustomerEventMetaJson : JsonSerializerContext;
