using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Pipeline.Serving;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline;

/// <content>Gathers the rows of carts, and decides on them.</content>
public sealed partial class PartitionStages
{
    static void ObserveOrder(IRowObserver observer, in CartRecord cart, in EventRecord e, EventSlab slab)
    {
        if (e.Type is EventType.Purchase or EventType.Refund or EventType.OrderCancelled)
        {
            observer.OnOrder(cart, e, slab.PredatesCurrencies ? 0 : OrderId.KeyOf(slab.PlainMetaOf(e)));
        }
    }

    // Gathers the cart's row as it is right after its event.
    void Gather(in CartRecord cart, in EventRecord e, EventSlab slab)
    {
        if (cart.EventCount == 1)
        {
            _counters.AddCart();
        }

        if (_batch.Canary is { } canary && !_isDecided && _isConfigured[e.Store])
        {
            canary.Watch(cart, e, _clocks[e.Store], Now);
        }

        if (!_isDecided && Observer is { } observer)
        {
            observer.OnEvent(cart, e, _countsBots[e.Store] && cart.Bot != BotEvidence.None);
            ObserveOrder(observer, cart, e, slab);
        }

        if (_isDecided || !_isConfigured[e.Store] || !(_options.Scored == ScoredEvents.All || EventTypes.Has(e.Type, EventTraits.ChangesCart) || _campaigns.HasTrigger(e.Type)))
        {
            return;
        }

        var moment = _clocks[e.Store].At(e.Timestamp);
        var eligible = (e.Flags & EventFlags.Clamped) != 0 ? 0 : _campaigns.MatchEvent(e.Type, cart, moment);
        if (eligible != 0)
        {
            // Far from the other fields in the cart's memory.
            eligible &= ~_campaigns.WithNumbers(cart.ConditionalSince(moment.At, _context.Window));
        }

        _batch.Gather(cart, moment, eligible, e.Cart, Now);
        Observer?.OnRow(_batch.Count - 1, cart, e, moment, Now);
        if (eligible != 0 && cart.IsFree(moment.At, _context.Window))
        {
            _batch.AddSnapshot().Capture(cart, e, slab);
        }
    }

    void Decide(int index)
    {
        var (isDecided, isWithheld) = (false, false);
        for (var rest = _batch[index].Eligible; rest != 0; rest &= rest - 1)
        {
            var place = BitOperations.TrailingZeroCount(rest);
            var campaign = _campaigns[place];
            if (!TryScore(index, campaign, rest & (0 - rest), out var lane, out var score, out var features, out var effects))
            {
                continue;
            }

            // Only the enrolment knows the customer. A shopper who is not in the segment is the next campaign's.
            var isConditional = _batch[index].Snapshot >= 0 && campaign.IsConditionalIn(_batch.CartAt(index).Store);
            if (TryReserve(index, _campaigns.NumberOf(place), isConditional))
            {
                AddDecision(index, lane, score, features, effects, campaign, isConditional ? _campaigns.NumberOf(place) : null);
                isDecided = true;
            }
            else
            {
                isWithheld = true;
            }

            if (!isConditional)
            {
                break;
            }
        }

        if (isWithheld && !isDecided)
        {
            _counters.AddWithheld();
        }
    }

    // An earlier row of the batch may have claimed the cart.
    bool TryReserve(int index, int number, bool isConditional)
    {
        ref readonly var row = ref _batch[index];
        _context.IsReserved = false;
        if (row.Snapshot >= 0)
        {
            var input = new CartInput { Step = isConditional ? CartStep.ReserveConditional : CartStep.ReserveIntervention, At = row.At, Index = number };
            _carts.Update(row.Key, ref input);
        }

        return _context.IsReserved;
    }

    // A model other than the champion explains its score before the cart is reserved: if it throws, it is stopped, and the cart is free for the champion or
    // for the next campaign.
    bool TryScore(
        int index, Campaign campaign, ulong bit, [NotNullWhen(true)] out ScoreLane? lane, out float score, out ReadOnlySpan<float> features,
        out ReadOnlySpan<FeatureEffect> effects)
    {
        effects = default;
        lane = _batch.ScoreOf(index, bit, out score, out features);
        if (lane is null || !campaign.Accepts(score))
        {
            return false;
        }

        if (_batch[index].Snapshot < 0 || _batch.TryExplain(lane, features, out effects))
        {
            return true;
        }

        lane = _batch.ScoreOf(index, bit, out score, out features);
        return lane is not null && campaign.Accepts(score);
    }

    void AddDecision(
        int index, ScoreLane lane, float score, ReadOnlySpan<float> features, ReadOnlySpan<FeatureEffect> effects, Campaign campaign, int? conditionalNumber)
    {
        ref readonly var row = ref _batch[index];
        ref readonly var cart = ref _batch.CartAt(index);
        var intervention = lane.Decider.Decide(campaign, cart, row.Key, row.At, score, effects.IsEmpty ? lane.Decider.Explain(features) : effects);
        _decisions.Add(new Decision(row.Key, row.At, cart.ConnectionId, intervention)
        {
            CampaignsVersion = _campaigns.Version,
            Standing = cart.Standing,
            UserStanding = cart.UserStanding,
            ReceivedAt = row.ReceivedAt,
            Bot = _countsBots[cart.Store] ? cart.Bot : BotEvidence.None,
            ModelAlias = lane.Served.Alias,
            Row = features.ToArray(),
            ConditionalNumber = conditionalNumber,
        });
    }
}
