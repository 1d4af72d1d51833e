using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A message that is due.</summary>
public sealed record DueMessage
{
    public required string Id { get; init; }

    public required long Journey { get; init; }

    public required Hash128 Cart { get; init; }

    public required int Step { get; init; }

    public required string Channel { get; init; }

    public required string Offer { get; init; }

    public required long DueAt { get; init; }

    public required long UsefulUntil { get; init; }

    /// <summary><see langword="true"/> if the message was planned for later, or deferred since.</summary>
    public required bool IsDelayed { get; init; }

    /// <summary><see langword="true"/> if a sink has had the message, and could not deliver it then.</summary>
    public bool IsPostponed { get; init; }

    /// <summary><see langword="true"/> if its shopper had no open stream before.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>Builds it from a message that is just being planned.</summary>
    internal static DueMessage Of(PlannedMessage message, Journey journey, long now) => new()
    {
        Id = message.Id,
        Journey = journey.Id,
        Cart = journey.Cart,
        Step = message.Step,
        Channel = message.Channel.Name,
        Offer = message.Offer,
        DueAt = message.DueAt,
        UsefulUntil = message.UsefulUntil,
        IsDelayed = message.DueAt > now,
    };
}
