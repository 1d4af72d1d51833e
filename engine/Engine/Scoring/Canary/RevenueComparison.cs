using System.Runtime.InteropServices;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Compares the revenue of two models' carts. Carts are compared within strata, the step that they began in and their store's currency, because shares and shoppers
/// change between steps; strata without a cart of the champion say nothing. A value is divided by a high quantile of the champion's orders and capped there: a
/// few huge orders would decide otherwise. One thread.
/// </summary>
sealed class RevenueComparison
{
    /// <summary>Maximum number of strata; carts of others are not compared.</summary>
    public const int MaxStrata = 32;

    // The champion's first orders of a stratum fix the cap; the quantile leaves four of them above it.
    const int CapOrders = 40;
    const double CapQuantile = 0.9;

    // Orders of the canary that wait for the cap.
    const int MaxWaiting = 4096;

    readonly Dictionary<(float Share, uint Currency), Stratum> _strata = [];

    /// <summary>Adds a cart.</summary>
    /// <param name="share">The canary's share of shoppers when the cart began.</param>
    /// <param name="currency">The store's currency.</param>
    /// <param name="isCanary">Whether the canary decided for it.</param>
    /// <param name="value">What it was bought for, in that currency; 0 or less if it was not.</param>
    public void Add(float share, uint currency, bool isCanary, double value)
    {
        if (_strata.Count == MaxStrata && !_strata.ContainsKey((share, currency)))
        {
            return;
        }

        ref var stratum = ref CollectionsMarshal.GetValueRefOrAddDefault(_strata, (share, currency), out _);
        (stratum ??= new Stratum()).Add(isCanary, value);
    }

    /// <summary>Compares the models.</summary>
    /// <param name="alpha">The probability that the interval is ever wrong, 0–1, exclusive.</param>
    public CanaryRevenue Compare(double alpha)
    {
        var compared = _strata.Values.Where(stratum => stratum.IsCompared).ToArray();
        var (carts, champion) = (compared.Sum(stratum => stratum.Canary.Count), compared.Sum(stratum => stratum.Champion.Count));
        var (difference, variance) = (0.0, 0.0);
        foreach (var stratum in compared)
        {
            // Post-stratification by the canary's carts.
            var weight = (double)stratum.Canary.Count / carts;
            difference += weight * (stratum.Canary.Mean - stratum.Champion.Mean);
            variance += weight * weight * ((stratum.Canary.Variance / stratum.Canary.Count) + (stratum.Champion.Variance / stratum.Champion.Count));
        }

        return new CanaryRevenue(
            carts, compared.Sum(stratum => stratum.CanaryOrders), champion, compared.Sum(stratum => stratum.ChampionOrders), difference,
            ConfidenceSequence.HalfWidth(carts, variance * carts, alpha));
    }

    sealed class Stratum
    {
        readonly List<(bool IsCanary, double Value)> _waiting = [];
        double _cap;

        public ConfidenceSequence Canary { get; } = new();

        public ConfidenceSequence Champion { get; } = new();

        public long CanaryOrders { get; private set; }

        public long ChampionOrders { get; private set; }

        public bool IsCompared => _cap > 0 && Canary.Count > 0 && Champion.Count > 0;

        public void Add(bool isCanary, double value)
        {
            if (value <= 0)
            {
                (isCanary ? Canary : Champion).Add(0);
                return;
            }

            CanaryOrders += isCanary ? 1 : 0;
            ChampionOrders += isCanary ? 0 : 1;
            if (_cap > 0)
            {
                Count(isCanary, value);
                return;
            }

            if (_waiting.Count < MaxWaiting)
            {
                _waiting.Add((isCanary, value));
            }

            if (ChampionOrders == CapOrders)
            {
                var orders = _waiting.Where(order => !order.IsCanary).Select(order => order.Value).Order().ToArray();
                _cap = orders[(int)(CapQuantile * orders.Length) - 1];
                _waiting.ForEach(order => Count(order.IsCanary, order.Value));
                _waiting.Clear();
                _waiting.TrimExcess();
            }
        }

        void Count(bool isCanary, double value) => (isCanary ? Canary : Champion).Add(Math.Min(1, value / _cap));
    }
}
