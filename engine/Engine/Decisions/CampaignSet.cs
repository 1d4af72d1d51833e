using System.Numerics;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>The campaigns in order of precedence. A subset is a bit mask: bit i is campaign i.</summary>
public sealed class CampaignSet
{
    /// <summary>Maximum number of campaigns: one bit each.</summary>
    public const int Capacity = 64;

    readonly Campaign[] _campaigns;
    readonly ulong[] _byEvent = new ulong[EventTypes.Count];
    readonly ulong _byScore;
    readonly int[] _idle;
    readonly int[] _numbers;
    readonly bool[] _goals = new bool[EventTypes.Count];

    /// <summary>Creates the set, in this order of precedence.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="Capacity"/> campaigns.</exception>
    public CampaignSet(IReadOnlyList<Campaign> campaigns)
    {
        if (campaigns.Count > Capacity)
        {
            throw new ArgumentException($"there are more than {Capacity} campaigns", nameof(campaigns));
        }

        _campaigns = [.. campaigns];
        _numbers = [.. campaigns.Select((campaign, place) => campaign.Number ?? place)];
        for (var i = 0; i < _campaigns.Length; i++)
        {
            _goals[(int)_campaigns[i].Goal] |= _campaigns[i].Goal != EventType.None;
            switch (_campaigns[i].Trigger)
            {
                case TriggerKind.Event:
                    _byEvent[(int)_campaigns[i].EventType] |= 1UL << i;
                    break;
                case TriggerKind.Score:
                    _byScore |= 1UL << i;
                    AskingForNamed |= _campaigns[i].Model is null ? 0 : 1UL << i;
                    break;
            }
        }

        _idle = [.. Enumerable.Range(0, _campaigns.Length).Where(i => _campaigns[i].Trigger == TriggerKind.Idle)];
        MinIdle = _idle.Length == 0 ? long.MaxValue : _idle.Min(i => _campaigns[i].IdleMilliseconds);
    }

    /// <summary>The campaign of this bit.</summary>
    public Campaign this[int index] => _campaigns[index];

    /// <summary>Returns the number by which records name the campaign of a bit.</summary>
    public int NumberOf(int index) => _numbers[index];

    /// <summary>Returns the campaigns that have these numbers.</summary>
    /// <param name="numbers">A bit mask of numbers.</param>
    public ulong WithNumbers(ulong numbers)
    {
        ulong found = 0;
        for (var i = 0; numbers != 0 && i < _numbers.Length; i++)
        {
            found |= ((numbers >> _numbers[i]) & 1) << i;
        }

        return found;
    }

    /// <summary>Returns <see langword="true"/> if this event type is a campaign's goal.</summary>
    public bool IsGoal(EventType type) => _goals[(int)type];

    /// <summary>Returns the campaign with this name, or <see langword="null"/>.</summary>
    public Campaign? Find(string name) => Array.Find(_campaigns, campaign => campaign.Name == name);

    /// <summary>Returns the place of the campaign with this name, or <see langword="null"/>.</summary>
    public int? PlaceOf(string name) => Array.FindIndex(_campaigns, campaign => campaign.Name == name) is var place and >= 0 ? place : null;

    /// <summary>What it was compiled from, as the journal records it; empty if it is not recorded.</summary>
    public ReadOnlyMemory<byte> Record
    {
        get;
        init
        {
            field = value;
            Version = value.IsEmpty ? 0 : Hash128.Of(value.Span, seed: 0).Low;
        }
    }

    /// <summary>A hash of <see cref="Record"/>; 0 if there is none.</summary>
    public ulong Version { get; private init; }

    /// <summary>The stores by number, as configured with it; <see langword="null"/> for the pipeline's own.</summary>
    public StoreTable? Stores { get; init; }

    /// <summary>Minimum time between two interventions for a cart (ms); null for the pipeline's own.</summary>
    public long? WindowMilliseconds { get; init; }

    /// <summary>What other currencies are in a store's, for conditions on amounts, for scores and for reports.</summary>
    public ExchangeRates Rates { get; init; } = ExchangeRates.None;

    /// <summary>The models in force with it; <see langword="null"/> for the pipeline's own.</summary>
    public ServingPlan? Serving { get; init; }

    /// <summary>The campaigns that ask for the score of a model with a job of its own.</summary>
    public ulong AskingForNamed { get; }

    /// <summary>Returns the campaigns that ask for a model's score.</summary>
    /// <param name="model">The model's name.</param>
    public ulong AskingFor(string model)
    {
        ulong asking = 0;
        for (var i = 0; i < _campaigns.Length; i++)
        {
            asking |= _campaigns[i].Trigger == TriggerKind.Score && _campaigns[i].Model == model ? 1UL << i : 0;
        }

        return asking;
    }

    /// <summary>Number of campaigns.</summary>
    public int Count => _campaigns.Length;

    /// <summary>The shortest idle time of any idle campaign (ms); <see cref="long.MaxValue"/> if there is none.</summary>
    public long MinIdle { get; }

    /// <summary>Returns the idle campaigns that become due in a time span. Each is due once per idle episode.</summary>
    /// <param name="quietSince">Time of the cart's last event.</param>
    /// <param name="after">Exclusive start of the span.</param>
    /// <param name="until">Inclusive end of the span.</param>
    /// <param name="zone">The store's time zone.</param>
    public ulong IdleDue(long quietSince, long after, long until, TimeZoneInfo zone)
    {
        ulong due = 0;
        foreach (var i in _idle)
        {
            var at = _campaigns[i].DueAt(quietSince, zone);
            due |= at > after && at <= until ? 1UL << i : 0;
        }

        return due;
    }

    /// <summary>Returns when the next idle campaign is due after a time; <see cref="long.MaxValue"/> for never.</summary>
    public long NextIdle(long quietSince, long after, TimeZoneInfo zone)
    {
        var next = long.MaxValue;
        foreach (var i in _idle)
        {
            var at = _campaigns[i].DueAt(quietSince, zone);
            next = at > after ? Math.Min(next, at) : next;
        }

        return next;
    }

    /// <summary>Returns <see langword="true"/> if this event type triggers a campaign.</summary>
    public bool HasTrigger(EventType type) => _byEvent[(int)type] != 0;

    /// <summary>Returns the campaigns an event may trigger, judged by the cart; scores are checked later.</summary>
    public ulong MatchEvent(EventType type, in CartRecord cart, in FeatureMoment moment)
    {
        // Score campaigns skip a cart that was just purchased; a campaign triggered by the purchase itself does not.
        var candidates = _byEvent[(int)type] | (cart.Checkout == CheckoutStep.Purchased ? 0 : _byScore);
        return candidates == 0 ? 0 : Holding(candidates, cart, moment);
    }

    /// <summary>Returns those of the candidate idle campaigns whose conditions hold.</summary>
    public ulong MatchIdle(ulong candidates, in CartRecord cart, in FeatureMoment moment) => Holding(candidates, cart, moment);

    ulong Holding(ulong candidates, in CartRecord cart, in FeatureMoment moment)
    {
        ulong holding = 0;
        for (var rest = candidates; rest != 0; rest &= rest - 1)
        {
            var i = BitOperations.TrailingZeroCount(rest);
            if (_campaigns[i].Holds(cart, moment))
            {
                holding |= 1UL << i;
            }
        }

        return holding;
    }
}
