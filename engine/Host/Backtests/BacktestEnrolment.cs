using System.Text;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Backtests;

/// <summary>Enrols replayed decisions as the journeys do, without the rules that need earlier journeys of the shopper. Takes the decisions in order.</summary>
/// <param name="campaigns">The campaigns.</param>
/// <param name="store">The store.</param>
/// <param name="holdout">The share of shoppers that no campaign contacts.</param>
/// <param name="isMember">Returns whether the customer of a decision is in the campaign's segment, which compares customers.</param>
sealed class BacktestEnrolment(CampaignSet campaigns, Store store, double holdout, Func<ReplayedDecision, Campaign, bool> isMember)
{
    readonly Dictionary<(Hash128 Cart, string Campaign), long> _entered = [];
    readonly Dictionary<Hash128, (string Campaign, long At)> _taken = [];

    /// <summary>Returns what becomes of a decision.</summary>
    public BacktestOutcome Enrol(ReplayedDecision decision, Campaign campaign)
    {
        if (_entered.TryGetValue((decision.Key, campaign.Name), out var last) && Math.Abs(decision.At - last) < campaign.Reentry)
        {
            return None(WithheldReason.Reentry);
        }

        if (decision.IsBot)
        {
            _entered[(decision.Key, campaign.Name)] = decision.At;
            return None(WithheldReason.Bot);
        }

        var isConditional = campaign.IsConditionalIn(store.Number);
        if (isConditional && !isMember(decision, campaign))
        {
            return None(WithheldReason.NotInSegment);
        }

        if (_taken.TryGetValue(decision.Key, out var taken) && taken.Campaign != campaign.Name && Math.Abs(decision.At - taken.At) < (campaigns.WindowMilliseconds ?? 0))
        {
            return None(WithheldReason.TakenBySegment);
        }

        _entered[(decision.Key, campaign.Name)] = decision.At;
        if (isConditional)
        {
            _taken[decision.Key] = (campaign.Name, decision.At);
        }

        var subject = decision.Customer is { } user ? store.Ids.CustomerOf(Encoding.UTF8.GetBytes(user)) : decision.Key;
        if (Assignment.IsHoldout(subject, store.Id, holdout))
        {
            return None(WithheldReason.Holdout);
        }

        return Assignment.VariantOf(subject, campaign).Steps is [var step, ..] ? new BacktestOutcome(Withheld: null, step.Channel, step.Offers) : None(WithheldReason.Control);
    }

    static BacktestOutcome None(WithheldReason reason) => BacktestOutcome.None(WithheldReasons.NameOf(reason));
}
