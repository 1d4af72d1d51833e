using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Campaigns.Backtests;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backtests;

/// <summary>
/// Sums up a replay. Both sides pass the same rules that only need the decisions: re-entry, bots, holdout and control. Whom the contact policy would have let through
/// depends on consents and messages that a replay does not have; what it did in the period is counted as it was.
/// </summary>
static class BacktestSummary
{
    /// <summary>Sums up a replay.</summary>
    /// <param name="report">The replay.</param>
    /// <param name="store">The store.</param>
    /// <param name="campaigns">The campaigns with the tried version.</param>
    /// <param name="holdout">The share of shoppers that no campaign contacts.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="took">How long the replay took.</param>
    /// <param name="messages">What became of the messages of the period.</param>
    /// <param name="offPolicy">What other offers would have earned.</param>
    public static BacktestResult Of(
        ReplayReport report, Store store, CampaignSet campaigns, double holdout, string model, TimeSpan took, IReadOnlyList<BacktestMessages> messages,
        IReadOnlyList<BacktestOffer> offPolicy) => new(
            report.Events, report.Carts, report.IsWhole, model, report.Scores.Count == 0 ? null : Math.Round(report.Scores.Mean, 6), Math.Round(took.TotalSeconds, 3),
            SideOf(report.Originals, report.Orders, store, campaigns, holdout), SideOf(report.Decisions, report.Orders, store, campaigns, holdout),
            [.. (report.Difference?.Campaigns ?? []).Select(c => new BacktestDifference(c.Campaign, c.Then, c.Now, c.Same, c.OnlyThen, c.OnlyNow, Round(c.ScoreThen), Round(c.ScoreNow)))],
            messages, offPolicy);

    /// <summary>Counts what became of the messages that were decided in a period.</summary>
    public static IReadOnlyList<BacktestMessages> MessagesOf(JourneyReports reports, string storeId, TimeRange range) =>
        [.. MessageOutcomes.Read(reports, storeId, range.From, range.To).Select(o => new BacktestMessages(o.Campaign, o.Channel, o.Offer, o.Outcome, o.Reason, o.Count))];

    static BacktestSide SideOf(IReadOnlyList<ReplayedDecision> decisions, IReadOnlyDictionary<Hash128, long> orders, Store store, CampaignSet campaigns, double holdout)
    {
        var entered = new Dictionary<(Hash128, string), long>();
        var groups = new SortedDictionary<(string Campaign, string Action, string Channel), Group>();
        var (all, withheld) = (new Group(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        foreach (var decision in decisions)
        {
            var campaign = campaigns.Find(decision.Campaign);
            var (reason, step) = campaign is null ? (WithheldReason.None, null) : Enrol(decision, campaign, store, holdout, entered);
            if (reason != WithheldReason.None)
            {
                var name = WithheldReasons.NameOf(reason);
                withheld[name] = withheld.GetValueOrDefault(name) + 1;
                continue;
            }

            var (action, channel) = (step?.Offers[0].Action ?? decision.Action, step?.Channel ?? decision.Channel);
            var key = (decision.Campaign, EngineMetrics.NameOf(action), channel);
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = new Group();
            }

            var hasOrdered = orders.TryGetValue(decision.Key, out var last) && last >= decision.At;
            var percent = step is null ? decision.Percent : step.Offers[0].DiscountPercent;
            group.Add(decision, hasOrdered, percent);
            all.Add(decision, hasOrdered, percent);
        }

        return new BacktestSide(decisions.Count, all.Series, all.Carts, all.CartsOrdered, all.Discounts,
            [.. groups.Select(g => new BacktestGroup(g.Key.Campaign, g.Key.Action, g.Key.Channel, g.Value.Series, g.Value.Carts, g.Value.CartsOrdered, g.Value.Discounts))],
            [.. withheld.Select(w => new BacktestWithheld(w.Key, w.Value))]);
    }

    // As an enrolment does, without what earlier journeys of the shopper would say.
    static (WithheldReason Reason, CampaignStep? First) Enrol(ReplayedDecision decision, Campaign campaign, Store store, double holdout, Dictionary<(Hash128, string), long> entered)
    {
        if (entered.TryGetValue((decision.Key, campaign.Name), out var last) && decision.At - last < campaign.Reentry)
        {
            return (WithheldReason.Reentry, null);
        }

        entered[(decision.Key, campaign.Name)] = decision.At;
        if (decision.IsBot)
        {
            return (WithheldReason.Bot, null);
        }

        var subject = decision.Customer is { } user ? store.Ids.CustomerOf(Encoding.UTF8.GetBytes(user)) : decision.Key;
        var variant = Assignment.VariantOf(subject, campaign);
        return Assignment.IsHoldout(subject, store.Id, holdout) ? (WithheldReason.Holdout, null)
            : variant.Steps.Count == 0 ? (WithheldReason.Control, null) : (WithheldReason.None, variant.Steps[0]);
    }

    static double? Round(double? score) => score is { } value ? Math.Round(value, 6) : null;

    sealed class Group
    {
        readonly HashSet<Hash128> _carts = [], _ordered = [];
        readonly SortedDictionary<string, decimal> _worth = new(StringComparer.Ordinal);
        int _offers;

        public int Series { get; private set; }

        public int Carts => _carts.Count;

        public int CartsOrdered => _ordered.Count;

        public BacktestDiscounts Discounts => new(_offers, [.. _worth.Select(w => new BacktestMoney(w.Key, Math.Round(w.Value, 2)))]);

        public void Add(ReplayedDecision decision, bool hasOrdered, double? percent)
        {
            Series++;
            _carts.Add(decision.Key);
            if (hasOrdered)
            {
                _ordered.Add(decision.Key);
            }

            if (percent is { } discount)
            {
                _offers++;
                _worth[decision.Currency] = _worth.GetValueOrDefault(decision.Currency) + (decision.Value * (decimal)discount / 100);
            }
        }
    }
}
