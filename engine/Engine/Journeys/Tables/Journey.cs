using CartRecovery.Contracts;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>State of a journey. The numbers are persisted and never change.</summary>
public enum JourneyState
{
    /// <summary>Messages are still to come.</summary>
    Active = 0,

    /// <summary>All messages were processed.</summary>
    Completed = 1,

    /// <summary>Ended early: by a purchase, an empty cart, or its goal.</summary>
    Exited = 2,

    /// <summary>The shopper receives nothing: holdout or control.</summary>
    Observed = 3,
}

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

/// <summary>State of a message. The numbers are persisted and never change.</summary>
public enum MessageState
{
    /// <summary>Waiting until it is due.</summary>
    Scheduled = 0,

    /// <summary>Handed to its sink.</summary>
    Sending = 1,

    /// <summary>Delivered to the receiver.</summary>
    Sent = 2,

    /// <summary>Not sent, for a reason.</summary>
    Withheld = 3,
}

/// <summary>A planned message of a journey.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Offer">The offer's name.</param>
/// <param name="Context">The kind of shopper, for learning which offers work.</param>
/// <param name="Propensity">The probability that this offer was chosen, 0–1.</param>
/// <param name="DueAt">When it is due (ms since 1970 UTC).</param>
/// <param name="UsefulUntil">When it expires (ms since 1970 UTC).</param>
public sealed record PlannedMessage(
    string Id, int Step, DeliveryChannel Channel, string Offer, int Context, double Propensity, long DueAt, long UsefulUntil);

/// <summary>The state of a message after a step of its processing.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why it is withheld or deferred.</param>
/// <param name="Message">What was sent; <see langword="null"/> if nothing.</param>
/// <param name="Until">New due time; <see langword="null"/> for the planned one.</param>
/// <param name="Detail">The reason in detail.</param>
public readonly record struct MessageOutcome(
    MessageState State, WithheldReason Reason = WithheldReason.None, Intervention? Message = null, long? Until = null, string? Detail = null);

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
