using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Reports;

/// <summary>
/// A random choice among a step's offers, and its outcome. Excludes carts that only a browser claimed, and bots, as learning does.
/// </summary>
/// <param name="Offer">The offer.</param>
/// <param name="Context">The context of the choice: <see cref="OfferChooser.ContextOf"/>.</param>
/// <param name="Propensity">The probability of the choice.</param>
/// <param name="Reward">The orders of the series, net of refunds.</param>
public sealed record OfferChoices(string Offer, int Context, double Propensity, double Reward)
{
    /// <summary>The shopper's <see cref="OfferFeatures"/>.</summary>
    public required float[] Features { get; init; }

    // The newest are the most relevant, and estimates of more would block other reports.
    const int MaxChoices = 20_000;

    /// <summary>Reads the choices of a campaign's sent messages, by step and currency.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="storeId">The store.</param>
    /// <param name="campaign">The campaign.</param>
    /// <param name="from">The start of the period of decisions, inclusive (ms since 1970 UTC).</param>
    /// <param name="to">The end of the period, exclusive.</param>
    /// <param name="cancellation">Ends it between two rows.</param>
    public static IReadOnlyList<(int Step, string Currency, IReadOnlyList<OfferChoices> Choices)> Read(JourneyReports reports, string storeId, string campaign, long from, long to, CancellationToken cancellation = default) => reports.Ask($"""
        SELECT i.step, j.currency, i.offer, i.context, i.propensity,
            (SELECT COALESCE(SUM(c.value), 0) FROM conversion c WHERE c.journey=i.journey AND c.verified=1 AND c.currency=j.currency), i.features
        FROM intervention i JOIN journey j ON j.id=i.journey
        WHERE i.store=?1 AND i.decided_at>=?2 AND i.decided_at<?3 AND i.campaign=?4 AND i.propensity>0 AND i.propensity<1 AND i.sent_at IS NOT NULL AND j.standing>0 AND j.bot=0
        ORDER BY i.decided_at DESC, i.id LIMIT {MaxChoices}
        """, rows =>
    {
        var found = new SortedDictionary<(int, string), List<OfferChoices>>();
        for (rows.With(storeId).With(from).With(to).With(campaign); rows.Next();)
        {
            cancellation.ThrowIfCancellationRequested();
            var key = (rows.Int(0), rows.Text(1));
            if (!found.TryGetValue(key, out var choices))
            {
                found[key] = choices = [];
            }

            choices.Add(new OfferChoices(rows.Text(2), rows.Int(3), rows.DoubleOrNull(4) ?? 0, (double)rows.Long(5) / Money.PerUnit)
            { Features = OfferFeatures.Read(rows.Bytes(6), rows.Int(3)) });
        }

        return found.Select(step => (step.Key.Item1, step.Key.Item2, (IReadOnlyList<OfferChoices>)step.Value)).ToList();
    });
}
