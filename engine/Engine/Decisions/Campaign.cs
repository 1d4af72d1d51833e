using System.Collections.Immutable;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>What triggers a campaign.</summary>
public enum TriggerKind
{
    /// <summary>An event of a given type.</summary>
    Event,

    /// <summary>A score in a range, on any event.</summary>
    Score,

    /// <summary>No event for a given time.</summary>
    Idle,
}

/// <summary>A campaign as the engine runs it: one trigger, conditions that must all hold, and the messages of each variant.</summary>
public sealed class Campaign
{
    public required string Name { get; init; }

    /// <summary>The number by which records name the campaign, 0–63: see <see cref="CampaignNumbers"/>; <see langword="null"/> for its place.</summary>
    public int? Number { get; init; }

    /// <summary>The stores the campaign applies to; <see langword="null"/> for all.</summary>
    public IReadOnlySet<ushort>? Stores { get; init; }

    /// <summary>The stores that have paused the campaign; <see langword="null"/> for none.</summary>
    public IReadOnlySet<ushort>? PausedIn { get; init; }

    public required TriggerKind Trigger { get; init; }

    /// <summary>The triggering event type, for <see cref="TriggerKind.Event"/>.</summary>
    public EventType EventType { get; init; }

    /// <summary>Idle time in milliseconds, for <see cref="TriggerKind.Idle"/>.</summary>
    public long IdleMilliseconds { get; init; }

    /// <summary>The model whose score is asked for, by its name; <see langword="null"/> for the probability of a purchase.</summary>
    public string? Model { get; init; }

    /// <summary>Exclusive lower bound of the score, for <see cref="TriggerKind.Score"/>.</summary>
    public double ScoreAbove { get; init; } = double.NegativeInfinity;

    /// <summary>Exclusive upper bound of the score, for <see cref="TriggerKind.Score"/>.</summary>
    public double ScoreBelow { get; init; } = double.PositiveInfinity;

    /// <summary>Conditions; all must hold.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary>The segment that the cart must be in, by the store's number: <see langword="null"/> where nobody is; <see langword="null"/> as a whole for a campaign without one.</summary>
    public NumberTable<CampaignSegment?>? Segments { get; init; }

    /// <summary>For <see cref="TriggerKind.Idle"/>: the stage the cart must have been left at; <see langword="null"/> for any.</summary>
    public CartStage? Stage { get; init; }

    /// <summary>For <see cref="TriggerKind.Idle"/>: the time of day to wait for; <see langword="null"/> for none.</summary>
    public DailyTime? At { get; init; }

    /// <summary>How long after entering the campaign a cart may enter it again (ms).</summary>
    public long Reentry { get; init; }

    /// <summary>The event type that ends the series, besides a purchase; <see cref="EventType.None"/> for a purchase only.</summary>
    public EventType Goal { get; init; }

    /// <summary>The variants of the experiment; one if there is no experiment.</summary>
    public required IReadOnlyList<CampaignVariant> Variants { get; init; }

    /// <summary>The first message of the first variant that has one; what a partition's decision describes.</summary>
    public CampaignStep First => Variants.First(v => v.Steps.Count > 0).Steps[0];

    /// <summary>The trigger and the conditions as text.</summary>
    public required string Rule { get; init; }

    /// <summary>The channel that answers on the shopper's own connection.</summary>
    public const string SocketChannel = "socket";

    /// <summary>Returns whether the campaign applies to a store, by its number.</summary>
    public bool AppliesTo(int store) => Stores is null || Stores.Contains((ushort)store);

    /// <summary>Returns whether the campaign's segment in a store, by its number, compares the customer, so that a decision is conditional: only the enrolment knows the customer.</summary>
    public bool IsConditionalIn(int store) => Segments?[store] is { OfCustomer.Count: > 0 };

    /// <summary>Returns whether a store, by its number, has paused the campaign.</summary>
    public bool IsPausedIn(int store) => PausedIn is not null && PausedIn.Contains((ushort)store);

    /// <summary>Returns <see langword="true"/> if the cart is at the campaign's stage and all conditions hold.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment)
    {
        if (!AppliesTo(cart.Store) || IsPausedIn(cart.Store))
        {
            return false;
        }

        if (Stage is { } stage && (cart.Units == 0 || StageOf(cart.Checkout) != stage))
        {
            return false;
        }

        return Condition.AllHold(Conditions, cart, moment)
            && (Segments is null || (Segments[cart.Store] is { } segment && Condition.AllHold(segment.OfCart, cart, moment)));
    }

    /// <summary>Returns when the campaign is due for a cart that went idle (ms since 1970 UTC).</summary>
    /// <param name="quietSince">Time of the cart's last event.</param>
    /// <param name="zone">The store's time zone.</param>
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

    /// <summary>Returns <see langword="true"/> if the score is in the campaign's range, or the trigger is not a score.</summary>
    public bool Accepts(float score) => Trigger != TriggerKind.Score || (score > (float)ScoreAbove && score < (float)ScoreBelow);
}

/// <summary>A range for a feature.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Range">The accepted values.</param>
public sealed record Condition(FeatureDefinition Feature, NumberRange Range)
{
    /// <summary>Returns <see langword="true"/> if all conditions hold.</summary>
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

    /// <summary>Returns <see langword="true"/> if the feature is in the range.</summary>
    public bool Holds(in CartRecord cart, in FeatureMoment moment) => Range.Contains(Feature.Compare(cart, moment));
}
