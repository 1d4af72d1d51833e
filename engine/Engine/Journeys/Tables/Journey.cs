using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A shopper's way through a campaign, from its trigger on. Holdouts have one too, as the control group.</summary>
public sealed record Journey
{
    /// <summary>The journey's number; 0 until it is stored.</summary>
    public long Id { get; init; }

    /// <summary>The decision that started the journey.</summary>
    public required Intervention Candidate { get; init; }

    public required Hash128 Cart { get; init; }

    /// <summary>The customer's key; empty for an anonymous shopper.</summary>
    public required Hash128 Customer { get; init; }

    /// <summary>The key that experiments assign by. See <see cref="IdentityResolver"/>.</summary>
    public required Hash128 Subject { get; init; }

    public required string Variant { get; init; }

    public required bool IsHoldout { get; init; }

    /// <summary>The highest standing of the cart's events when it was decided on. A claimed cart counts apart.</summary>
    public Standing Standing { get; init; }

    /// <summary>The standing of the sender that named <see cref="Customer"/>. A claimed customer is one in this cart alone.</summary>
    public Standing UserStanding { get; init; }

    /// <summary>Why its cart counts as a bot's when it was decided on: it is not contacted, and counts apart.</summary>
    public BotEvidence Bot { get; init; }

    public JourneyState State { get; init; }

    /// <summary>Event time of the start (ms since 1970 UTC).</summary>
    public required long StartedAt { get; init; }

    /// <summary>When it started by the engine's clock (ms since 1970 UTC). What arrives later came later, whatever the shopper's clock says.</summary>
    public long ReceivedAt { get; init; }

    /// <summary>The connection that last changed the cart; 0 for none.</summary>
    public required long ConnectionId { get; init; }
}
