using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Joins what a canary and the champion scored with what became of the carts. A cart is followed from its first event for a fixed time; then it counts with what
/// it was bought for. A cart counts for the model that decided when it began; those that a greater share gives to the canary are left out. One thread
/// adds; any thread takes a snapshot.
/// </summary>
/// <param name="horizon">How long a cart is followed.</param>
/// <param name="alpha">The probability that an interval is ever wrong, 0–1, exclusive.</param>
public sealed class CanaryOutcomes(TimeSpan horizon, double alpha)
{
    /// <summary>Maximum number of carts that are followed at the same time; others are skipped, whatever model decides for them.</summary>
    public const int Capacity = 65_536;

    // A score of 0 or 1 that is wrong costs this much at most.
    const double Certainty = 1e-6;

    readonly long _horizon = (long)horizon.TotalMilliseconds;
    readonly Lock _gate = new();
    readonly Dictionary<Hash128, Followed> _open = [];
    readonly Queue<(Hash128 Cart, long Until)> _ends = new();
    readonly ScoreComparison _scores = new();
    readonly (ConfidenceSequence Revenue, long[] Orders) _champion = (new(), [0]), _canary = (new(), [0]);
    readonly ConfidenceSequence _loss = new();
    readonly RevenueComparison _revenue = new();
    readonly CartSample _sample = new((long)horizon.TotalMilliseconds, Capacity);

    // Stores whose servers send orders: there, what a browser says of an order is ignored.
    readonly HashSet<ushort> _proven = [];
    double _predicted;
    float _share;
    long _bought, _skipped, _moved;

    /// <summary>Adds a signal.</summary>
    public void Add(in CanarySignal signal)
    {
        lock (_gate)
        {
            EndUntil(signal.At);
            switch (signal.Kind)
            {
                case CanarySignalKind.Entered:
                    Enter(signal);
                    break;
                case CanarySignalKind.Scored:
                    _scores.Add([signal.Champion], [signal.Canary]);
                    if (_open.TryGetValue(signal.Cart, out var scored) && scored is { IsCanary: true, HasScores: false })
                    {
                        _open[signal.Cart] = scored with { HasScores = true, Champion = signal.Champion, Canary = signal.Canary };
                    }

                    break;
                case CanarySignalKind.Ordered:
                    if (_open.TryGetValue(signal.Cart, out var ordered))
                    {
                        _open[signal.Cart] = ordered with
                        {
                            IsClaimed = true,
                            IsProven = ordered.IsProven || signal.IsProven,
                            Value = Math.Max(ordered.Value, signal.Value),
                        };
                    }

                    if (signal.IsProven)
                    {
                        _proven.Add(signal.Store);
                    }

                    break;
            }
        }
    }

    /// <summary>Ends the carts whose time is over.</summary>
    /// <param name="now">The current time (ms since 1970 UTC).</param>
    public void Advance(long now)
    {
        lock (_gate)
        {
            EndUntil(now);
        }
    }

    /// <summary>Takes a snapshot.</summary>
    /// <param name="dropped">Signals that the queues dropped.</param>
    public CanaryResult Snapshot(long dropped = 0)
    {
        lock (_gate)
        {
            var labelled = Math.Max(_loss.Count, 1);
            return new CanaryResult(
                _scores.Snapshot(), ArmOf(_champion), ArmOf(_canary), _loss.Count, _predicted / labelled, (double)_bought / labelled, _loss.Mean,
                _loss.HalfWidth(alpha), dropped, _skipped)
            {
                Revenue = _revenue.Compare(alpha),
                HasRevenue = _proven.Count > 0,
                Moved = _moved,
            };
        }
    }

    void Enter(in CanarySignal signal)
    {
        if (signal.Share > _share)
        {
            Raise(signal.Share);
        }

        if (!CartSample.IsInArm(signal.Cart, signal.IsCanary, signal.Share))
        {
            return;
        }

        if (!_sample.Takes(signal.Cart, signal.At) || _open.Count == Capacity)
        {
            _skipped++;
        }
        else if (_open.TryAdd(signal.Cart, new Followed(signal.IsCanary, signal.Share, signal.EntersAt, signal.Currency, signal.Store)))
        {
            _ends.Enqueue((signal.Cart, signal.At + _horizon));
        }
    }

    // By the hash alone: whether they are bought does not matter.
    void Raise(float share)
    {
        foreach (var (cart, _) in _open.Where(pair => !pair.Value.IsCanary && pair.Value.EntersAt < share).ToArray())
        {
            _open.Remove(cart);
            _moved++;
        }

        _share = share;
    }

    // Partitions' clocks differ by little, so the queue is in order of time but for that.
    void EndUntil(long now)
    {
        while (_ends.TryPeek(out var end) && end.Until <= now)
        {
            _ends.Dequeue();
            if (_open.Remove(end.Cart, out var cart))
            {
                End(cart);
            }
        }
    }

    void End(Followed cart)
    {
        var (revenue, orders) = cart.IsCanary ? _canary : _champion;
        var isOrdered = cart.IsProven || (cart.IsClaimed && !_proven.Contains(cart.Store));
        revenue.Add(Money.ToDouble(cart.Value));
        orders[0] += isOrdered ? 1 : 0;
        _revenue.Add(cart.Share, cart.Currency, cart.IsCanary, Money.ToDouble(cart.Value));
        if (cart.HasScores)
        {
            _loss.Add(LossOf(cart.Canary, isOrdered) - LossOf(cart.Champion, isOrdered));
            _predicted += cart.Canary;
            _bought += isOrdered ? 1 : 0;
        }
    }

    // Both arms' intervals hold together, so each is held to half of the error.
    CanaryArm ArmOf((ConfidenceSequence Revenue, long[] Orders) arm) =>
        new(arm.Revenue.Count, arm.Orders[0], arm.Revenue.Mean, arm.Revenue.HalfWidth(alpha / 2));

    static double LossOf(float score, bool isOrdered)
    {
        var likely = Math.Clamp(score, Certainty, 1 - Certainty);
        return -Math.Log(isOrdered ? likely : 1 - likely);
    }

    readonly record struct Followed(bool IsCanary, float Share, float EntersAt, uint Currency, ushort Store)
    {
        public bool HasScores { get; init; }

        public bool IsClaimed { get; init; }

        public bool IsProven { get; init; }

        public float Champion { get; init; }

        public float Canary { get; init; }

        public long Value { get; init; }
    }
}
