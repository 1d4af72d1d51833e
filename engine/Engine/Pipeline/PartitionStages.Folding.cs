using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.State.Customers;

namespace CartRecovery.Engine.Pipeline;

/// <content>Folds a slab's events.</content>
public sealed partial class PartitionStages
{
    int Fold(EventSlab slab)
    {
        var (own, run, begin, end, foreign) = (0, -1, 0, 0, 0);
        IEventSource? source = null;
        _prefetcher.Begin(slab);
        for (var i = 0; i < slab.Count; i++)
        {
            ref var e = ref slab.Records[i];
            _prefetcher.MoveTo(slab, i);
            while (i >= end)
            {
                ReportForeign(slab, run, begin, foreign);
                (begin, foreign) = (end, 0);
                (source, end) = ++run < slab.Runs.Length ? (slab.Runs[run].Source, slab.Runs[run].End) : (null, slab.Count);
                _context.Connection = source?.ConnectionId ?? 0;
                _context.Bot = source?.Bot ?? BotEvidence.None;
            }

            if ((e.Flags & EventFlags.Duplicate) != 0)
            {
                continue;
            }

            _timers.MoveTo(FollowsWatermark ? e.Watermark : slab.ReceivedAt);
            if ((e.Flags & EventFlags.Foreign) != 0)
            {
                continue;
            }

            if (e.UserLength != 0)
            {
                FoldCustomer(ref e, slab);
            }

            if ((e.Flags & EventFlags.ChangesNoCart) != 0)
            {
                if (!e.IsCopy)
                {
                    _filter.CollectWithoutCart(e, slab, source?.Network ?? 0);
                    if (!_isDecided && Observer is { } observer)
                    {
                        ObserveOrder(observer, cart: default, e, slab);
                    }

                    own++;
                }

                continue;
            }

            if (_batch.IsFull)
            {
                Decide();
            }

            _context.ReceivedAt = _timers.Now;
            var input = new CartInput { Step = CartStep.Fold, At = Now, Index = i };
            ref var cart = ref _carts.UpdateInPlace(e.Cart, ref input);
            if ((e.Flags & EventFlags.Foreign) != 0)
            {
                foreign++;
                continue;
            }

            if (_context.HasMoved)
            {
                _context.HasMoved = false;
                _options.Returning?.Report(e.Cart);
            }

            _filter.Collect(e, slab, _campaigns, source?.Network ?? 0, cart);
            _timers.Repair(ref cart);
            Gather(cart, e, slab);
            _timers.SetFor(ref cart, e.Cart, _campaigns, _clocks[e.Store].Zone);
            own++;
        }

        ReportForeign(slab, run, begin, foreign);
        return own;
    }

    static void ReportForeign(EventSlab slab, int run, int begin, int foreign)
    {
        if (foreign > 0 && run < slab.Runs.Length)
        {
            slab.Runs[run].Source?.OnForeign(slab, slab.Runs[run], begin);
        }
    }

    // Only a server's word moves a customer's history; a browser's event is scored with it.
    void FoldCustomer(ref EventRecord e, EventSlab slab)
    {
        if (EventTypes.Has(e.Type, EventTraits.ChangesHistory) && (e.Standing == Standing.Server || slab.PredatesStanding))
        {
            var input = CustomerInput.Of(e, slab, _context.CurrencyOf(e.Store));
            _customers.Update(e.Customer, ref input);
        }

        _context.History = _customers.TryRead(e.Customer, out var customer) ? customer.History : default;
    }
}
