using System.Globalization;
using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Campaigns.Backtests;

namespace CartRecovery.Host.Backtests;

/// <summary>
/// Sums up a replay. What was decided counts as the journeys recorded it. What would be decided passes the rules of an enrolment that only need the decisions:
/// re-entry, bots, segments, holdout and control. A replay does not know consents and former messages, so it does not apply the contact policy.
/// </summary>
static class BacktestSummary
{
    /// <summary>The reason for a decision whose first message is not in the database any more, or not yet.</summary>
    public const string NotRecorded = "not_recorded";

    /// <summary>Sums up a replay.</summary>
    /// <param name="report">The replay.</param>
    /// <param name="first">The recorded first messages, by the decision's id.</param>
    /// <param name="store">The store.</param>
    /// <param name="campaigns">The campaigns with the tried version.</param>
    /// <param name="holdout">The share of shoppers that no campaign contacts.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="took">How long the replay took.</param>
    /// <param name="messages">The outcomes of the period's messages.</param>
    /// <param name="offPolicy">What other offers would have earned.</param>
    /// <param name="isMember">Returns whether the customer of a decision is in the campaign's segment, which compares customers.</param>
    public static BacktestResult Of(
        ReplayReport report, IReadOnlyDictionary<string, FirstMessage> first, Store store, CampaignSet campaigns, double holdout, string model, TimeSpan took,
        IReadOnlyList<BacktestMessages> messages, IReadOnlyList<BacktestOffer> offPolicy, Func<ReplayedDecision, Campaign, bool> isMember)
    {
        var (decided, wouldDecide) = (new BacktestGroups(report.Orders), new BacktestGroups(report.Orders));
        var enrolment = new BacktestEnrolment(campaigns, store, holdout, isMember);
        foreach (var decision in report.Originals)
        {
            decided.Add(decision, first.TryGetValue(decision.Id, out var message) ? OutcomeOf(message) : BacktestOutcome.None(NotRecorded));
        }

        foreach (var decision in report.Decisions)
        {
            wouldDecide.Add(decision, enrolment.Enrol(decision, campaigns.Find(decision.Campaign)!));
        }

        return new BacktestResult(
            report.Events, report.Carts, report.IsWhole, report.ReadFrom is { } from ? DateTimeOffset.FromUnixTimeMilliseconds(from).UtcDateTime : null, model,
            report.Scores.Count == 0 ? null : Math.Round(report.Scores.Mean, 6), Math.Round(took.TotalSeconds, 3), decided.ToSide(), wouldDecide.ToSide(),
            [.. (report.Difference?.Campaigns ?? []).Select(c => new BacktestDifference(c.Campaign, c.Then, c.Now, c.Same, c.OnlyThen, c.OnlyNow, Round(c.ScoreThen), Round(c.ScoreNow)))],
            messages, offPolicy);
    }

    /// <summary>Counts the outcomes of the messages that were decided in a period.</summary>
    public static IReadOnlyList<BacktestMessages> MessagesOf(JourneyReports reports, string storeId, TimeRange range, CancellationToken cancellation) =>
        [.. MessageOutcomes.Read(reports, storeId, range.From, range.To, cancellation).Select(o => new BacktestMessages(o.Campaign, o.Channel, o.Offer, o.Outcome, o.Reason, o.Count))];

    static BacktestOutcome OutcomeOf(FirstMessage message) => message.Refusal != WithheldReason.None
        ? BacktestOutcome.None(WithheldReasons.NameOf(message.Refusal)) : new BacktestOutcome(Withheld: null, message.Channel, [OfferOf(message.Offer)]);

    // The database has the offer's name: reminder, discount-10.
    static Offer OfferOf(string name)
    {
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        var percent = dash > 0 && double.TryParse(name.AsSpan(dash + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : (double?)null;
        return new Offer(Enum.TryParse<ActionKind>(dash > 0 ? name[..dash] : name, ignoreCase: true, out var action) ? action : ActionKind.Reminder, percent, Code: null);
    }

    static double? Round(double? score) => score is { } value ? Math.Round(value, 6) : null;
}
