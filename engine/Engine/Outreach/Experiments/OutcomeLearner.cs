namespace CartRecovery.Engine.Outreach;

/// <summary>Sums up what came of campaigns and offers, for who chooses among them, and stops a side of an experiment that does worse than its control.</summary>
sealed class OutcomeLearner
{
    // Of the last so many days; older shoppers were other shoppers.
    const long Span = 60 * 86_400_000L;

    const int FewestShoppers = 200;

    // One-sided, 99%: it is looked at again and again.
    const double Confidence = 2.326;

    readonly OutreachStore _store;
    readonly Statement _offers, _campaigns, _variants;

    public OutcomeLearner(OutreachStore store)
    {
        _store = store;
        _offers = store.Database.Prepare("""
            SELECT i.campaign, i.offer, i.context, count(*), sum(EXISTS(SELECT 1 FROM conversion c WHERE c.journey=i.journey AND c.value>0 AND c.at>=i.sent_at))
            FROM intervention i WHERE i.sent_at>?1 AND i.propensity<1 GROUP BY i.campaign, i.offer, i.context
            """);
        _campaigns = store.Database.Prepare("""
            SELECT campaign, holdout, count(*), sum(EXISTS(SELECT 1 FROM conversion c WHERE c.journey=j.id AND c.value>0))
            FROM journey j WHERE started_at>?1 GROUP BY campaign, holdout
            """);
        _variants = store.Database.Prepare("""
            SELECT campaign, variant, count(*), sum(spent), sum(spent*spent) FROM (
                SELECT j.campaign, j.variant, j.subject,
                    sum(coalesce((SELECT sum(c.value) FROM conversion c WHERE c.journey=j.id AND c.verified=1), 0))/10000.0 AS spent
                FROM journey j WHERE j.started_at>?1 AND j.holdout=0 GROUP BY j.campaign, j.variant, j.subject)
            GROUP BY campaign, variant
            """);
    }

    /// <summary>Tells the chooser and the gate what came of what they chose.</summary>
    /// <returns>How many journeys that was about.</returns>
    public long Teach(OfferChooser chooser, DiscountGate gate, long now)
    {
        var offers = new List<(string, string, int, OfferOutcomes)>();
        _offers.With(now - Span);
        while (_offers.Next())
        {
            offers.Add((_offers.Text(0), _offers.Text(1), _offers.Int(2), new OfferOutcomes(_offers.Long(3), _offers.Long(4))));
        }

        chooser.Learn(offers);
        var campaigns = new Dictionary<string, CampaignOutcomes>(StringComparer.Ordinal);
        _campaigns.With(now - Span);
        while (_campaigns.Next())
        {
            var seen = campaigns.GetValueOrDefault(_campaigns.Text(0));
            campaigns[_campaigns.Text(0)] = _campaigns.Long(1) != 0
                ? seen with { LeftAlone = _campaigns.Long(2), LeftAloneBought = _campaigns.Long(3) }
                : seen with { Treated = _campaigns.Long(2), TreatedBought = _campaigns.Long(3) };
        }

        gate.Learn(campaigns.Select(pair => (pair.Key, pair.Value)));
        return campaigns.Values.Sum(seen => seen.Treated + seen.LeftAlone);
    }

    /// <summary>Stops sides of experiments whose shoppers spend less than those of the control, with 99% confidence.</summary>
    /// <returns>What was stopped.</returns>
    public IReadOnlyList<(string Campaign, string Variant)> Guard(OutreachSetup setup, long now)
    {
        var seen = new Dictionary<(string, string), (double Count, double Mean, double Variance)>();
        _variants.With(now - Span);
        while (_variants.Next())
        {
            var (count, sum, squares) = ((double)_variants.Long(2), _variants.DoubleOrNull(3) ?? 0, _variants.DoubleOrNull(4) ?? 0);
            var mean = sum / count;
            seen[(_variants.Text(0), _variants.Text(1))] = (count, mean, Math.Max(0, (squares / count) - (mean * mean)) * count / Math.Max(1, count - 1));
        }

        var stopped = new List<(string, string)>();
        for (var i = 0; i < setup.Campaigns.Count; i++)
        {
            var campaign = setup.Campaigns[i];
            var control = campaign.Variants.FirstOrDefault(v => v.Steps.Count == 0);
            if (control is null || !seen.TryGetValue((campaign.Name, control.Name), out var rest) || rest.Count < FewestShoppers)
            {
                continue;
            }

            foreach (var variant in campaign.Variants.Where(v => v.Steps.Count > 0 && !_store.IsStopped(campaign.Name, v.Name)))
            {
                if (seen.TryGetValue((campaign.Name, variant.Name), out var own) && own.Count >= FewestShoppers
                    && own.Mean - rest.Mean + (Confidence * Math.Sqrt((own.Variance / own.Count) + (rest.Variance / rest.Count))) < 0)
                {
                    _store.Stop(campaign.Name, variant.Name,
                        FormattableString.Invariant($"{own.Mean:F2} a shopper against {rest.Mean:F2} of the control"), now);
                    stopped.Add((campaign.Name, variant.Name));
                }
            }
        }

        return stopped;
    }
}
