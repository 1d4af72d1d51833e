using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Outcomes of journeys and offers in the last 60 days: older behaviour is not representative. Only carts that the shop's server or a user token
/// vouches for, and orders that the server reports: what a browser claims teaches nothing.
/// </summary>
sealed class OutcomeSummary
{
    const long Day = 86_400_000, Span = 60 * Day;

    // The newest: older ones weigh little. Bounds a summary's time: they are read one by one, about 3 µs each.
    const int MaxChoices = 100_000;

    OutcomeSummary(
        OfferOutcomes offers, Dictionary<string, CampaignOutcomes> campaigns, Dictionary<(string, string), SpendingOfSide> sides) =>
        (Offers, Campaigns, Sides) = (offers, campaigns, sides);

    /// <summary>Outcomes of offers.</summary>
    public OfferOutcomes Offers { get; }

    /// <summary>Outcomes by campaign.</summary>
    public IReadOnlyDictionary<string, CampaignOutcomes> Campaigns { get; }

    /// <summary>Spending by campaign and variant.</summary>
    public IReadOnlyDictionary<(string Campaign, string Variant), SpendingOfSide> Sides { get; }

    /// <summary>Number of journeys included.</summary>
    public long Journeys => Campaigns.Values.Sum(seen => seen.Treated + seen.LeftAlone);

    /// <summary>Summarises all journeys of the span. Takes seconds with millions of journeys.</summary>
    /// <param name="database">The database; a reader's connection suffices.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static OutcomeSummary Of(Database database, long now)
    {
        var offers = OffersOf(database, now);
        var campaigns = new Dictionary<string, CampaignOutcomes>(StringComparer.Ordinal);
        using (var query = new Query(database, """
            SELECT campaign, holdout, count(*), sum(EXISTS(SELECT 1 FROM conversion c WHERE c.journey=j.id AND c.value>0 AND c.returned=0 AND c.verified=1))
            FROM journey j WHERE started_at>?1 AND standing>0 AND bot=0 GROUP BY campaign, holdout
            """))
        {
            for (var row = query.Rows.With(now - Span); row.Next();)
            {
                var seen = campaigns.GetValueOrDefault(row.Text(0));
                campaigns[row.Text(0)] = row.Long(1) != 0
                    ? seen with { LeftAlone = row.Long(2), LeftAloneBought = row.Long(3) }
                    : seen with { Treated = row.Long(2), TreatedBought = row.Long(3) };
            }
        }

        // Amounts of two currencies are not compared: each campaign is judged in the one that most of its carts have.
        var sides = new Dictionary<(string, string), SpendingOfSide>();
        var currencies = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var query = new Query(database, """
            SELECT campaign, currency FROM journey WHERE started_at>?1 AND holdout=0 AND standing>0 AND bot=0 GROUP BY campaign, currency ORDER BY count(*)
            """))
        {
            for (var row = query.Rows.With(now - Span); row.Next();)
            {
                currencies[row.Text(0)] = row.Text(1);
            }
        }

        using (var query = new Query(database, """
            SELECT campaign, variant, count(*), sum(spent), sum(spent*spent), currency FROM (
                SELECT j.campaign, j.variant, j.subject, j.currency,
                    sum(coalesce((SELECT sum(c.value) FROM conversion c WHERE c.journey=j.id AND c.verified=1 AND c.currency=j.currency), 0))/10000.0 AS spent
                FROM journey j WHERE j.started_at>?1 AND j.holdout=0 AND j.standing>0 AND j.bot=0 GROUP BY j.campaign, j.variant, j.subject, j.currency)
            GROUP BY campaign, variant, currency
            """))
        {
            for (var row = query.Rows.With(now - Span); row.Next();)
            {
                if (currencies[row.Text(0)] != row.Text(5))
                {
                    continue;
                }

                var (count, mean) = (row.Long(2), (row.DoubleOrNull(3) ?? 0) / row.Long(2));
                var squares = (row.DoubleOrNull(4) ?? 0) / count;
                sides[(row.Text(0), row.Text(1))] =
                    new SpendingOfSide(count, mean, Math.Max(0, squares - (mean * mean)) * count / Math.Max(1, count - 1));
            }
        }

        return new OutcomeSummary(offers, campaigns, sides);
    }

    // Ages are whole days, so that the same outcomes teach the same all day long.
    static OfferOutcomes OffersOf(Database database, long now)
    {
        var offers = new OfferOutcomes();
        var features = new float[OfferFeatures.Count];
        using (var query = new Query(database, $"""
            SELECT i.campaign, i.offer, i.context, i.features, i.sent_at,
                EXISTS(SELECT 1 FROM conversion c WHERE c.journey=i.journey AND c.value>0 AND c.returned=0 AND c.verified=1 AND c.at>=i.sent_at)
            FROM intervention i INDEXED BY intervention_choice JOIN journey j ON j.id=i.journey WHERE i.sent_at>?1 AND i.propensity<1 AND j.standing>0 AND j.bot=0
            ORDER BY i.sent_at DESC LIMIT {MaxChoices}
            """))
        {
            for (var row = query.Rows.With(now - Span); row.Next();)
            {
                OfferFeatures.Read(row.Bytes(3), row.Int(2), features);
                offers.Add(row.Text(0), row.Text(1), features, row.Long(5) != 0, (now / Day) - (row.Long(4) / Day));
            }
        }

        // Shoppers left alone are compared with offers only. Without a choice, there is nothing to compare.
        if (offers.IsEmpty)
        {
            return offers;
        }

        using (var query = new Query(database, $"""
            SELECT i.campaign, i.features, i.decided_at,
                EXISTS(SELECT 1 FROM conversion c WHERE c.journey=i.journey AND c.value>0 AND c.returned=0 AND c.verified=1)
            FROM intervention i INDEXED BY intervention_alone JOIN journey j ON j.id=i.journey
            WHERE i.features IS NOT NULL AND i.sent_at IS NULL AND i.decided_at>?1 AND i.reason IN ({WithheldReason.Holdout:D}, {WithheldReason.Control:D})
                AND j.standing>0 AND j.bot=0
            ORDER BY i.decided_at DESC LIMIT {MaxChoices}
            """))
        {
            for (var row = query.Rows.With(now - Span); row.Next();)
            {
                if (row.Text(0) is var campaign && offers.Has(campaign))
                {
                    OfferFeatures.Read(row.Bytes(1), context: 0, features);
                    offers.Add(campaign, offer: null, features, row.Long(3) != 0, (now / Day) - (row.Long(2) / Day));
                }
            }
        }

        return offers;
    }
}

/// <summary>Spending of the shoppers of a variant.</summary>
/// <param name="Count">Number of shoppers.</param>
/// <param name="Mean">Mean spending per shopper, in the currency.</param>
/// <param name="Variance">Variance between shoppers.</param>
readonly record struct SpendingOfSide(long Count, double Mean, double Variance);
