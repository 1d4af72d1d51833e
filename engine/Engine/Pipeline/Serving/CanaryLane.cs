using CartRecovery.Engine.Events;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>The canary's rows of a batch, and what it signals of carts while it serves. Allocates nothing after construction.</summary>
sealed class CanaryLane : IDisposable
{
    readonly CanaryModel _canary;
    readonly CanaryFeed? _feed;

    /// <summary>Creates the lane.</summary>
    /// <param name="canary">The canary.</param>
    /// <param name="capacity">Maximum number of rows.</param>
    /// <exception cref="ObjectDisposedException">The model was replaced and released.</exception>
    public CanaryLane(CanaryModel canary, int capacity)
    {
        _canary = canary;
        Rows = new SideLane(canary.Served, capacity);
        _feed = canary.Open();
    }

    /// <summary>The rows.</summary>
    public SideLane Rows { get; }

    /// <summary>Returns whether the canary decides for a cart.</summary>
    public bool Includes(in CartRecord cart, in Hash128 key) => Rows.IsOpen && _canary.Includes(cart.UserId, key);

    /// <summary>Signals a cart's first event and its order.</summary>
    /// <param name="cart">The cart after the event.</param>
    /// <param name="e">The event.</param>
    /// <param name="clock">The store's clock.</param>
    /// <param name="now">The partition's clock (ms since 1970 UTC).</param>
    public void Watch(in CartRecord cart, in EventRecord e, StoreClock clock, long now)
    {
        if (_feed is null || (cart.EventCount != 1 && e.Type != EventType.Purchase))
        {
            return;
        }

        if (cart.EventCount == 1)
        {
            _feed.Write(new CanarySignal
            {
                Kind = CanarySignalKind.Entered,
                Cart = e.Cart,
                At = now,
                IsCanary = _canary.Includes(cart.UserId, e.Cart),
                Share = (float)_canary.Percent,
                EntersAt = _canary.PercentOf(cart.UserId, e.Cart),
                Currency = clock.Money?.Currency ?? 0,
                Store = e.Store,
            });
        }

        if (e.Type == EventType.Purchase)
        {
            _feed.Write(new CanarySignal
            {
                Kind = CanarySignalKind.Ordered,
                Cart = e.Cart,
                At = now,
                Value = ValueOf(e, clock.Money),
                IsProven = e.Standing == Standing.Server,
                Store = e.Store,
            });
        }
    }

    /// <summary>Signals both models' scores of a row.</summary>
    public void SignalScores(in ScoreRow row, int index, float champion)
    {
        if (_feed is not null && Rows.IsScored)
        {
            _feed.Write(new CanarySignal
            {
                Kind = CanarySignalKind.Scored,
                Cart = row.Key,
                At = row.ReceivedAt,
                Champion = champion,
                Canary = Rows.ScoreOf(index),
                IsCanary = true,
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Rows.Dispose();
        _feed?.Close();
    }

    // What a browser says of an order is a claim, and would let anyone move a guardrail.
    static long ValueOf(in EventRecord e, StoreMoney? money)
    {
        if (e.Standing != Standing.Server)
        {
            return 0;
        }

        var factor = money is not null && e.Currency != 0 && e.Currency != money.Currency ? money.FactorOf(e.Currency) : 1;
        return double.IsNaN(factor) ? 0 : (long)(e.Amount * factor);
    }
}
