using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Pipeline.Batches;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Engine.Pipeline.Serving;

/// <summary>The canary's rows of a batch, and what it signals of carts while it serves. Allocates nothing after construction.</summary>
sealed class CanaryLane
{
    readonly CanaryModel _canary;
    readonly FeedRing<CanarySignal>? _feed;
    readonly RowCopy _copy;

    /// <summary>Creates the lane.</summary>
    /// <param name="canary">The canary.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="champion">The champion's features, in row order.</param>
    /// <param name="former">The lane before an exchange, whose queue goes on if the canary is the same; null for none.</param>
    public CanaryLane(CanaryModel canary, SideLane rows, IReadOnlyList<string> champion, CanaryLane? former)
    {
        _canary = canary;
        Rows = rows;
        _copy = new RowCopy(champion, canary.Served.Model.Features);
        _feed = former?._canary == canary ? former._feed : canary.Open();
    }

    /// <summary>The rows.</summary>
    public SideLane Rows { get; }

    /// <summary>Returns whether the canary decides for a cart.</summary>
    public bool Includes(in CartRecord cart) => Rows.IsOpen && _canary.Includes(cart.Subject);

    /// <summary>Adds a row, from the champion's.</summary>
    public void Add(int row, ReadOnlySpan<float> champion, in CartRecord cart, in FeatureMoment moment) => Rows.Add(row, _copy, champion, cart, moment);

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
                IsCanary = _canary.Includes(cart.Subject),
                Share = (float)_canary.Percent,
                EntersAt = _canary.PercentOf(cart.Subject),
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

    /// <summary>Closes the queue, unless another lane goes on with it.</summary>
    public void Close(CanaryLane? next)
    {
        if (next?._feed != _feed)
        {
            _feed?.Close();
        }
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
