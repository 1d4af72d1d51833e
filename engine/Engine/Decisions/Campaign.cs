using System.Collections.Immutable;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Decisions;

/// <summary>What sets a campaign off.</summary>
public enum TriggerKind
{
    /// <summary>An event of a type.</summary>
    Event,

    /// <summary>A score in a range, at any event.</summary>
    Score,

    /// <summary>No event for a time.</summary>
    Idle,
}

/// <summary>A campaign as the engine runs it: one trigger, conditions that must all hold, and what to offer where.</summary>
public sealed class Campaign
{
    public required string Name { get; init; }

    /// <summary>The stores whose carts it is for; <see langword="null"/> for all.</summary>
    public IReadOnlySet<ushort>? Stores { get; init; }

    public required TriggerKind Trigger { get; init; }

    /// <summary>The event's type, for <see cref="TriggerKind.Event"/>.</summary>
    public EventType EventType { get; init; }

    /// <summary>Quiet in milliseconds, for <see cref="TriggerKind.Idle"/>.</summary>
    public long IdleMilliseconds { get; init; }

    /// <summary>The score must be above this, for <see cref="TriggerKind.Score"/>.</summary>
    public double ScoreAbove { get; init; } = double.NegativeInfinity;

    /// <summary>The score must be below this, for <see cref="TriggerKind.Score"/>.</summary>
    public double ScoreBelow { get; init; } = double.PositiveInfinity;

    /// <summary>All of them must hold.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary>With <see cref="TriggerKind.Idle"/>: the stage that the cart must have been left at; <see langword="null"/> for any.</summary>
    public CartStage? Stage { get; init; }

    /// <summary>With <see cref="TriggerKind.Idle"/>: the time of day to wait for; <see langword="null"/> for none.</summary>
    public DailyTime? At { get; init; }

    /// <summary>How long after it the same cart may be in it again, in milliseconds.</summary>
    public long Reentry { get; init; }

    /// <summary>An event that ends the series; <see cref="EventType.None"/> for a purchase alone.</summary>
    public EventType Goal { get; init; }

    /// <summary>The sides of its experiment; one where it is none.</summary>
    public required IReadOnlyList<CampaignVariant> Variants { get; init; }

    /// <summary>What it begins with, as far as the cart's partition knows: the first message of its first side that has one.</summary>
    public CampaignStep First => Variants.First(v => v.Steps.Count > 0).Steps[0];

    /// <summary>The trigger and the conditions in words.</summary>
    public required string Rule { get; init; }

    /// <summary>The channel that is the shopper's own connection.</summary>
    public const string SocketChannel = "socket";

    /// <summary>The cart is at the campaign's stage, and all conditions hold for it at the moment.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment)
    {
        if (Stores is not null && !Stores.Contains(cart.Store))
        {
            return false;
        }

        if (Stage is { } stage && (cart.ItemCount == 0 || StageOf(cart.Checkout) != stage))
        {
            return false;
        }

        return Condition.AllHold(Conditions, cart, moment);
    }

    /// <summary>When it is due for a cart that went quiet: milliseconds since 1970 UTC.</summary>
    /// <param name="quietSince">When the cart's last event was.</param>
    /// <param name="zone">The store's.</param>
    public long DueAt(long quietSince, TimeZoneInfo zone)
    {
        var due = quietSince + IdleMilliseconds;
        return At is { } at ? at.NextFrom(due, zone) : due;
    }

    static CartStage StageOf(CheckoutStep step) => step switch
    {
        CheckoutStep.Payment => CartStage.Payment,
        CheckoutStep.Begun or CheckoutStep.Shipping => CartStage.Checkout,
        _ => CartStage.Cart,
    };

    /// <summary>The score is in the campaign's range; true for other triggers.</summary>
    public bool Accepts(float score) => Trigger != TriggerKind.Score || (score > (float)ScoreAbove && score < (float)ScoreBelow);
}

/// <summary>A feature within bounds. Bounds that are not set do not bind.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="AtLeast">Inclusive lower bound.</param>
/// <param name="Above">Exclusive lower bound.</param>
/// <param name="AtMost">Inclusive upper bound.</param>
/// <param name="Below">Exclusive upper bound.</param>
public sealed record Condition(
    FeatureDefinition Feature,
    double AtLeast = double.NegativeInfinity,
    double Above = double.NegativeInfinity,
    double AtMost = double.PositiveInfinity,
    double Below = double.PositiveInfinity)
{
    /// <summary>All of them hold.</summary>
    public static bool AllHold(ImmutableArray<Condition> conditions, in CartRecord cart, in FeatureMoment moment)
    {
        for (var i = 0; i < conditions.Length; i++)
        {
            if (!conditions[i].Holds(cart, moment))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The feature is within the bounds.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment)
    {
        // As floats, which is what features are: a cart of 19.99 is at least 19.99.
        var value = Feature.Compute(cart, moment);
        return value >= (float)AtLeast && value > (float)Above && value <= (float)AtMost && value < (float)Below;
    }
}
