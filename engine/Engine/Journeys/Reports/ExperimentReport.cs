using CartRecovery.Engine.State;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>The outcome of a variant of an experiment.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Converted">Subjects with an order, of which something is left, after they were in it.</param>
/// <param name="Spending">What the subjects spent.</param>
/// <param name="Assigned">Of its subjects those that the present weights assigned.</param>
public sealed record VariantOutcome(string Variant, long Converted, SpendingGroup Spending, long Assigned)
{
    /// <summary>Who bought, as a group: each subject counts 0 or 1.</summary>
    public SpendingGroup Conversions => new(Spending.Customers, Converted, Converted);
}

/// <summary>Reads the outcomes of experiments.</summary>
public static class ExperimentReport
{
    /// <summary>Reads the outcomes of an experiment's variants, without subjects whose carts are all a bot's.</summary>
    /// <param name="reports">The database.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="currency">The store's currency. Orders in another are converted if there is a rate, and else left out.</param>
    /// <param name="rates">The exchange rates.</param>
    /// <param name="experiment">The experiment's id.</param>
    /// <param name="allocation">The number of its present weights.</param>
    public static IReadOnlyList<VariantOutcome> Of(JourneyReports reports, string storeId, string currency, ExchangeRates rates, string experiment, int allocation) => reports.Ask($"""
        SELECT e.variant, sum(coalesce(o.spent, 0)>0), count(*), sum(coalesce(o.spent, 0))/10000.0, sum(coalesce(o.spent, 0)*1.0*coalesce(o.spent, 0))/100000000.0, sum(e.allocation=?3)
        FROM exposure e LEFT JOIN (
            SELECT x.subject, sum(c.value*{JourneyReports.WorthIn(currency, rates)}) AS spent FROM exposure_order x JOIN conversion c ON c.store=x.store AND c.order_id=x.order_id
            WHERE x.store=?1 AND x.experiment=?2 AND c.verified=1 GROUP BY x.subject) o ON o.subject=e.subject
        WHERE e.store=?1 AND e.experiment=?2 AND e.subject NOT IN (
            SELECT customer FROM journey WHERE store=?1 AND bot>0 AND customer IS NOT NULL EXCEPT SELECT customer FROM journey WHERE store=?1 AND bot=0 AND customer IS NOT NULL)
        GROUP BY e.variant
        """, rows => Read(rows.With(storeId).With(experiment).With((long)allocation)));

    /// <summary>Reads the outcomes of a campaign's variants: shoppers whom the shop's server vouches for, without the holdout and bots.</summary>
    public static IReadOnlyList<VariantOutcome> OfCampaign(JourneyReports reports, string storeId, string currency, ExchangeRates rates, string campaign) => reports.Ask($"""
        SELECT variant, sum(spent>0), count(*), sum(spent)/10000.0, sum(spent*1.0*spent)/100000000.0, count(*) FROM (
            SELECT j.subject, max(j.variant) AS variant, max(j.holdout) AS holdout, max(j.standing)=0 AS claimed, max(j.bot)>0 AS bot, sum(coalesce(c.value, 0)) AS spent
            FROM journey j LEFT JOIN (
                SELECT c.journey, sum(c.value*{JourneyReports.WorthIn(currency, rates)}) AS value FROM conversion c WHERE c.store=?1 AND c.verified=1 GROUP BY c.journey) c ON c.journey=j.id
            WHERE j.store=?1 AND j.campaign=?2 GROUP BY j.subject)
        WHERE holdout=0 AND NOT claimed AND NOT bot GROUP BY variant
        """, rows => Read(rows.With(storeId).With(campaign)));

    static IReadOnlyList<VariantOutcome> Read(Statement rows)
    {
        var found = new List<VariantOutcome>();
        while (rows.Next())
        {
            found.Add(new VariantOutcome(rows.Text(0), rows.Long(1), new SpendingGroup(rows.Long(2), rows.DoubleOrNull(3) ?? 0, rows.DoubleOrNull(4) ?? 0), rows.Long(5)));
        }

        return found;
    }
}
