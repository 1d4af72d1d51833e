using System.Numerics;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Features;

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

        IdleStages = [.. Enumerable.Range(0, _campaigns.Length)
            .Where(i => _campaigns[i].Trigger == TriggerKind.Idle)
            .OrderBy(i => _campaigns[i].IdleMilliseconds)
            .Select(i => (_campaigns[i].IdleMilliseconds, i))];
    }

    /// <summary>The campaign of this bit.</summary>
    public Campaign this[int index] => _campaigns[index];

    /// <summary>How many there are.</summary>
    public int Count => _campaigns.Length;

    /// <summary>The idle campaigns, shortest wait first: each has its turn once in an idle episode.</summary>
    public IReadOnlyList<(long Wait, int Campaign)> IdleStages { get; }

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
