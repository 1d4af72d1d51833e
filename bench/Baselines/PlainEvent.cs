using System.Text.Json.Serialization;

namespace CartRecovery.Bench.Baselines;

/// <summary>An event as the plain server reads it.</summary>
sealed record PlainEvent
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public required string CartId { get; init; }

    public required long Ts { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public string? ProductId { get; init; }

    public int? Quantity { get; init; }

    public decimal? Price { get; init; }

    public string? Currency { get; init; }
}

/// <summary>The plain server's acknowledgement.</summary>
sealed record PlainAck(string Type, long UpTo);

/// <summary>The plain server's intervention.</summary>
sealed record PlainIntervention(string Type, PlainPayload Payload, string MessageId);

/// <summary>The intervention's cart, text and score.</summary>
sealed record PlainPayload(string CartId, string Message, float Score);

/// <summary>Source-generated metadata, with default options except for camel case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PlainEvent))]
[JsonSerializable(typeof(PlainAck))]
[JsonSerializable(typeof(PlainIntervention))]
sealed partial class PlainJson : JsonSerializerContext;
