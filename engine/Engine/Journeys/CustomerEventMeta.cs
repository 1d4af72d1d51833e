using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.Journeys;

/// <summary>What the meta of an event says to the desk. Fields that are not there are <see langword="null"/>.</summary>
sealed record CustomerEventMeta
{
    /// <summary>The message that it is about.</summary>
    public string? Intervention { get; init; }

    /// <summary>email, sms or push.</summary>
    public string? Channel { get; init; }

    /// <summary>A consent: yes or no.</summary>
    public bool? Granted { get; init; }

    /// <summary>Until when a yes counts: milliseconds since 1970 UTC.</summary>
    public long? ExpiresAt { get; init; }

    public string? Email { get; init; }

    public string? Phone { get; init; }

    public string? PushToken { get; init; }

    /// <summary>An IANA zone.</summary>
    public string? Timezone { get; init; }

    /// <summary>A product's name, page and picture.</summary>
    public string? Name { get; init; }

    public string? Url { get; init; }

    public string? Image { get; init; }

    /// <summary>Reads a meta; what it says in another form than this is as good as not there.</summary>
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

/// <summary>JSON of what the desk reads.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CustomerEventMeta))]
sealed partial class CustomerEventMetaJson : JsonSerializerContext;
