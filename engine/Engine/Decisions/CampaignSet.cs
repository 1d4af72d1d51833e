using System.Numerics;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// The campaigns, in the order of their precedence. A set of them is a bit mask: bit i is campaign i.
/// </summary>
public sealed class CampaignSet
{
    /// <summary>Campaigns at the most: one bit each.</summary>
    public const int Capacity = 64;

    readonly Campaign[] _campaigns;
    readonly ulong[] _byEvent = new ulong[EventTypes.Count];
    readonly ulong _byScore;
    readonly int[] _idle;
    readonly bool[] _goals = new bool[EventTypes.Count];

    /// <summary>The campaigns in this order.</summary>
    /// <exception cref="ArgumentException">There are more than <see cref="Capacity"/>.</exception>
    public CampaignSet(IReadOnlyList<Campaign> campaigns)
    {
        if (campaigns.Count > Capacity)
        {
            throw new ArgumentException($"there are more than {Capacity} campaigns", nameof(campaigns));
        }

        _campaigns = [.. campaigns];
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
                    break;
            }
        }

        _idle = [.. Enumerable.Range(0, _campaigns.Length).Where(i => _campaigns[i].Trigger == TriggerKind.Idle)];
        ShortestIdle = _idle.Length == 0 ? long.MaxValue : _idle.Min(i => _campaigns[i].IdleMilliseconds);
    }

    /// <summary>The campaign of this bit.</summary>
    public Campaign this[int index] => _campaigns[index];

    /// <summary>Whether an event of this type is a campaign's goal.</summary>
    public bool IsGoal(EventType type) => _goals[(int)type];

    /// <summary>The campaign of this name; <see langword="null"/> where there is none.</summary>
    public Campaign? Find(string name) => Array.Find(_campaigns, campaign => campaign.Name == name);

    /// <summary>How many there are.</summary>
    public int Count => _campaigns.Length;

    /// <summary>The shortest quiet that an idle campaign waits for, in milliseconds; <see cref="long.MaxValue"/> where there is none.</summary>
    public long ShortestIdle { get; }

    /// <summary>The idle campaigns that are due in a span of time: each is once in an idle episode.</summary>
    /// <param name="quietSince">When the cart's last event was.</param>
    /// <param name="after">The span begins behind this.</param>
    /// <param name="until">It ends with this.</param>
    /// <param name="zone">The store's.</param>
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

    /// <summary>When the next idle campaign is due behind a moment; <see cref="long.MaxValue"/> for never.</summary>
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

    /// <summary>Whether an event of this type is a campaign's trigger by itself.</summary>
    public bool HasTrigger(EventType type) => _byEvent[(int)type] != 0;

    /// <summary>The campaigns that an event may set off, as far as the cart decides; scores are yet to come.</summary>
    public ulong MatchEvent(EventType type, in CartRecord cart, in FeatureMoment moment)
    {
        // Nobody is urged to buy what was just bought; a campaign on the purchase itself asked for it.
        var candidates = _byEvent[(int)type] | (cart.Checkout == CheckoutStep.Purchased ? 0 : _byScore);
        return candidates == 0 ? 0 : Holding(candidates, cart, moment);
    }

    /// <summary>The idle campaigns, out of these, whose conditions hold.</summary>
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
