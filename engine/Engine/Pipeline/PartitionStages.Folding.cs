using CartRecovery.Engine.Events;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline;

/// <content>Folds a slab's events.</content>
public sealed partial class PartitionStages
{
    int Fold(EventSlab slab)
    {
        var (own, run, begin, end, refused) = (0, -1, 0, 0, 0);
        IEventSource? source = null;
        _prefetcher.Begin(slab);
        for (var i = 0; i < slab.Count; i++)
        {
            ref var e = ref slab.Records[i];
            _prefetcher.MoveTo(slab, i);
            while (i >= end)
            {
                TellRefused(slab, run, begin, refused);
                (begin, refused) = (end, 0);
                (source, end) = ++run < slab.Runs.Length ? (slab.Runs[run].Source, slab.Runs[run].End) : (null, slab.Count);
                _context.Connection = source?.ConnectionId ?? 0;
            }

            if ((e.Flags & EventFlags.Duplicate) != 0)
            {
                continue;
            }

            _timers.MoveTo(FollowsWatermark ? e.Watermark : slab.ReceivedAt);
            if ((e.Flags & EventFlags.Refused) != 0)
            {
                continue;
            }

            if (e.UserLength != 0)
            {
                FoldCustomer(ref e, slab);
            }

            if ((e.Flags & EventFlags.CustomerCopy) != 0)
            {
                continue;
            }

            if (_batch.IsFull)
            {
                Decide();
            }

            _context.ReceivedAt = _timers.Now;
            var input = new CartInput { Step = CartStep.Fold, At = Now, Index = i };
            ref var cart = ref _carts.UpdateInPlace(e.Cart, ref input);
            if ((e.Flags & EventFlags.Refused) != 0)
            {
                refused++;
                continue;
            }

            _filter.Collect(e, slab, _campaigns, source?.Network ?? 0);
            _timers.Repair(ref cart);
            Gather(cart, e, slab);
            _timers.SetFor(ref cart, e.Cart, _campaigns, _clocks[e.Store].Zone);
            own++;
        }

        TellRefused(slab, run, begin, refused);
        return own;
    }

    static void TellRefused(EventSlab slab, int run, int begin, int refused)
    {
        if (refused > 0 && run < slab.Runs.Length)
        {
            slab.Runs[run].Source?.OnRefused(slab, slab.Runs[run], begin);
        }
    }

    // Only a server's word moves a customer's history; a browser's event is scored with it.
    void FoldCustomer(ref EventRecord e, EventSlab slab)
    {
        if (EventTypes.Has(e.Type, EventTraits.ChangesHistory) && (e.Standing == Standing.Server || slab.PredatesStanding))
        {
            _customers.Update(e.Customer, ref e);
        }

        _context.History = _customers.TryRead(e.Customer, out var customer) ? customer.History : default;
    }
}
