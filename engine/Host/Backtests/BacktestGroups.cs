using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Decisions;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backtests;

/// <summary>Sums up decisions and what follows them, by campaign, offers and channel.</summary>
/// <param name="orders">When each cart last ordered (ms since 1970 UTC).</param>
sealed class BacktestGroups(IReadOnlyDictionary<Hash128, long> orders)
{
    /// <summary>The action of a first message whose offer the engine chooses among several actions.</summary>
    public const string Choice = "choice";

    readonly SortedDictionary<(string Campaign, string Action, string Channel, string Offers), Group> _groups = [];
    readonly SortedDictionary<string, int> _withheld = new(StringComparer.Ordinal);
    readonly Group _all = new();
    int _decisions;

    /// <summary>Adds a decision.</summary>
    public void Add(ReplayedDecision decision, BacktestOutcome outcome)
    {
        _decisions++;
        if (outcome.Withheld is { } reason)
        {
            _withheld[reason] = _withheld.GetValueOrDefault(reason) + 1;
            return;
        }

        ActionKind[] actions = [.. outcome.Offers.Select(offer => offer.Action).Distinct()];
        var key = (decision.Campaign, actions.Length == 1 ? EngineMetrics.NameOf(actions[0]) : Choice, outcome.Channel, string.Join(' ', outcome.Offers.Select(offer => offer.Name)));
        if (!_groups.TryGetValue(key, out var group))
        {
            _groups[key] = group = new Group();
        }

        var hasOrdered = orders.TryGetValue(decision.Key, out var last) && last >= decision.At;
        group.Add(decision, hasOrdered, outcome.Offers);
        _all.Add(decision, hasOrdered, outcome.Offers);
    }

    /// <summary>Returns the sums.</summary>
    public BacktestSide ToSide() => new(_decisions, _all.Series, _all.Carts, _all.CartsOrdered, _all.Discounts,
        [.. _groups.Select(g => new BacktestGroup(g.Key.Campaign, g.Key.Action, g.Key.Channel, g.Key.Offers.Split(' '), g.Value.Series, g.Value.Carts, g.Value.CartsOrdered, g.Value.Discounts))],
        [.. _withheld.Select(w => new BacktestWithheld(w.Key, w.Value))]);

    sealed class Group
    {
        readonly HashSet<Hash128> _carts = [], _ordered = [];
        readonly SortedDictionary<string, (decimal Min, decimal Max)> _worth = new(StringComparer.Ordinal);
        int _min, _max;

        public int Series { get; private set; }

        public int Carts => _carts.Count;

        public int CartsOrdered => _ordered.Count;

        public BacktestDiscounts Discounts => new(_min, _max, [.. _worth.Select(w => new BacktestMoney(w.Key, Math.Round(w.Value.Min, 2), Math.Round(w.Value.Max, 2)))]);

        public void Add(ReplayedDecision decision, bool hasOrdered, IReadOnlyList<Offer> offers)
        {
            Series++;
            _carts.Add(decision.Key);
            if (hasOrdered)
            {
                _ordered.Add(decision.Key);
            }

            double[] percents = [.. offers.Select(offer => offer.DiscountPercent ?? 0)];
            if (percents.Max() <= 0)
            {
                return;
            }

            _max++;
            _min += percents.Min() > 0 ? 1 : 0;
            var (min, max) = _worth.GetValueOrDefault(decision.Currency);
            _worth[decision.Currency] = (min + (decision.Value * (decimal)percents.Min() / 100), max + (decision.Value * (decimal)percents.Max() / 100));
        }
    }
}
