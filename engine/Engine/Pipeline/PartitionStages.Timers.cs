using System.Runtime.CompilerServices;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline;

// What the timers of carts do.
public sealed partial class PartitionStages
{
    void OnTimer(Hash128 key, long dueAt)
    {
        if (_batch.IsFull)
        {
            Decide();
        }

        var input = new CartInput { Step = CartStep.Touch, At = dueAt };
        ref var cart = ref _carts.UpdateInPlace(key, ref input);

        // An event may have set an earlier timer since; this one is then void.
        if (Unsafe.IsNullRef(ref cart) || cart.TimerAt != dueAt || _context.Lifetime.HasEnded(cart, dueAt))
        {
            return;
        }

        cart.TimerAt = 0;
        _timers.Repair(ref cart);
        var zone = _clocks[cart.Store].Zone;
        var due = CartTimers.TakeDue(ref cart, dueAt, _campaigns, zone);

        // A removed store's timer advances the cart like any other, so that recovery does not depend on when the store was removed.
        if (due != 0 && !_isDecided && _isConfigured[cart.Store] && cart.Checkout != CheckoutStep.Purchased)
        {
            GatherIdle(cart, key, due, dueAt);
        }

        _timers.SetFor(ref cart, key, _campaigns, zone);
    }

    // The clock was set back: times of the wrong clock are repaired, and the timer is set anew.
    void OnClockSetBack(Hash128 key, long dueAt)
    {
        var input = new CartInput { Step = CartStep.Touch, At = dueAt };
        ref var cart = ref _carts.UpdateInPlace(key, ref input);
        if (!Unsafe.IsNullRef(ref cart) && cart.TimerAt == dueAt && !_context.Lifetime.HasEndedForGood(cart))
        {
            cart.TimerAt = 0;
            _timers.Repair(ref cart);
            _timers.SetFor(ref cart, key, _campaigns, _clocks[cart.Store].Zone);
        }
    }

    // Features stay in event time: the shopper's clock as it is after the idle time, right or wrong.
    void GatherIdle(in CartRecord cart, in Hash128 key, ulong due, long at)
    {
        var moment = _clocks[cart.Store].At(cart.LastAt + (at - cart.QuietSince));
        var eligible = _campaigns.MatchIdle(due, cart, moment) & ~_campaigns.WithNumbers(cart.ConditionalSince(at, _context.Window));
        if (eligible == 0)
        {
            return;
        }

        _batch.Gather(cart, moment, eligible, key, at, at);
        if (cart.IsFree(at, _context.Window))
        {
            _batch.AddSnapshot() = CartSnapshot.Of(cart);
        }
    }
}
