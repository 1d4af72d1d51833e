using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Where a shopper's way through a campaign stands.</summary>
public enum JourneyState
{
    /// <summary>Messages of it are to come.</summary>
    Active = 0,

    /// <summary>All of them have been.</summary>
    Completed = 1,

    /// <summary>It ended early: a purchase, an empty cart, its goal.</summary>
    Exited = 2,

    /// <summary>The shopper gets nothing: holdout or control.</summary>
    Observed = 3,
}

/// <summary>A shopper's way through a campaign, from its trigger on. Holdouts have one too: it is what the others are held against.</summary>
public sealed record Journey
{
    /// <summary>Its number; 0 until it is kept.</summary>
    public long Id { get; init; }

    /// <summary>What set it off: the decision of the cart's partition.</summary>
    public required Intervention Candidate { get; init; }

    public required Hash128 Cart { get; init; }

    /// <summary>The customer; none for an anonymous shopper.</summary>
    public required Hash128 Customer { get; init; }

    /// <summary>Whom lots are drawn for.</summary>
    public required Hash128 Subject { get; init; }

    public required string Variant { get; init; }

    public required bool IsHoldout { get; init; }

    public JourneyState State { get; init; }

    /// <summary>When it began: milliseconds since 1970 UTC, event time.</summary>
    public required long StartedAt { get; init; }

    /// <summary>The connection that the cart was last changed on; 0 for none.</summary>
    public required long ConnectionId { get; init; }
}

/// <summary>Where a message stands.</summary>
public enum MessageState
{
    /// <summary>It waits for its time.</summary>
    Scheduled = 0,

    /// <summary>Its sink has it.</summary>
    Sending = 1,

    /// <summary>The receiver has it.</summary>
    Sent = 2,

    /// <summary>It was not sent, for a reason.</summary>
    Withheld = 3,
}

/// <summary>A message of a journey, planned.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="Step">From 1.</param>
/// <param name="Channel">Where it goes.</param>
/// <param name="Offer">What it offers.</param>
/// <param name="Context">The shopper's kind, for what is learned of offers.</param>
/// <param name="Propensity">How likely the offer was to be chosen, 0–1.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="UsefulUntil">Afterwards it is of no use.</param>
public sealed record PlannedMessage(
    string Id, int Step, DeliveryChannel Channel, string Offer, int Context, double Propensity, long DueAt, long UsefulUntil);

/// <summary>What has become of a message.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Reason">Why it is not sent, or not yet.</param>
/// <param name="Message">What went out; <see langword="null"/> where nothing did.</param>
/// <param name="Until">When it is due, where that is not when it was planned for.</param>
/// <param name="Detail">More of the reason, in words.</param>
public readonly record struct MessageOutcome(
    MessageState State, WithheldReason Reason = WithheldReason.None, Intervention? Message = null, long? Until = null, string? Detail = null);

/// <summary>A message whose time has come.</summary>
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

    /// <summary>It was not due at once, or had to wait since.</summary>
    public required bool IsDelayed { get; init; }

    /// <summary>A message that is being planned.</summary>
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
