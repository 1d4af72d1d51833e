namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Outcomes of a campaign's offers, and of shoppers whom it left alone, for <see cref="OfferChooser"/>. One thread.</summary>
public sealed class OfferOutcomes
{
    /// <summary>Half-life of an outcome in days: what shoppers did two months ago tells a quarter of what they did today.</summary>
    public const double HalfLife = 30;

    readonly Dictionary<(string Campaign, string Offer), LinearPosterior> _offers = [];
    readonly Dictionary<string, LinearPosterior> _leftAlone = new(StringComparer.Ordinal);
    readonly HashSet<string> _campaigns = new(StringComparer.Ordinal);

    /// <summary><see langword="true"/> without a message with an offer.</summary>
    public bool IsEmpty => _campaigns.Count == 0;

    /// <summary>Returns <see langword="true"/> if a campaign has messages with an offer.</summary>
    public bool Has(string campaign) => _campaigns.Contains(campaign);

    /// <summary>Adds a message with an offer.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="offer">The offer's name; <see langword="null"/> for a shopper of the holdout or a control, who had no message.</param>
    /// <param name="features">The shopper's features.</param>
    /// <param name="bought">Whether an order followed.</param>
    /// <param name="days">Its age in days.</param>
    public void Add(string campaign, string? offer, ReadOnlySpan<float> features, bool bought, long days = 0)
    {
        var weight = Math.Pow(2, -Math.Max(0, days) / HalfLife);
        if (offer is not null)
        {
            _campaigns.Add(campaign);
        }

        (offer is null ? Of(_leftAlone, campaign) : Of(_offers, (campaign, offer))).Add(features, bought ? 1 : 0, weight);
    }

    /// <summary>The weighted messages of each offer, or shoppers left alone, and those of them that an order followed, by campaign and offer.</summary>
    public IEnumerable<(string Campaign, string Offer, double Weight, double Bought)> Totals =>
        _offers.Select(pair => (pair.Key.Campaign, pair.Key.Offer, pair.Value.Weight, pair.Value.Total))
            .Concat(_leftAlone.Select(pair => (Campaign: pair.Key, Offer: "", pair.Value.Weight, pair.Value.Total)))
            .OrderBy(total => total.Campaign, StringComparer.Ordinal).ThenBy(total => total.Offer, StringComparer.Ordinal);

    /// <summary>Returns an offer's outcomes; without any, those of a new offer.</summary>
    internal LinearPosterior Of(string campaign, string offer) => Of(_offers, (campaign, offer));

    /// <summary>Returns the outcomes of shoppers whom a campaign left alone; <see langword="null"/> if there are none.</summary>
    internal LinearPosterior? LeftAlone(string campaign) => _leftAlone.GetValueOrDefault(campaign);

    /// <summary>Computes all posteriors. An offer's prior is the mean of the campaign's offers.</summary>
    internal void Fit()
    {
        foreach (var campaign in _offers.GroupBy(pair => pair.Key.Campaign, pair => pair.Value, StringComparer.Ordinal))
        {
            var mean = MeanOf(campaign);
            foreach (var offer in campaign)
            {
                offer.Fit(mean);
            }
        }

        foreach (var leftAlone in _leftAlone.Values)
        {
            leftAlone.Fit(MeanOf([leftAlone]));
        }
    }

    /// <summary>The mean outcome of a campaign's offers.</summary>
    internal double MeanOf(string campaign) => MeanOf(_offers.Where(pair => pair.Key.Campaign == campaign).Select(pair => pair.Value));

    // One order of two messages is assumed before the first.
    static double MeanOf(IEnumerable<LinearPosterior> offers)
    {
        var (bought, shown) = (1.0, 2.0);
        foreach (var offer in offers)
        {
            (bought, shown) = (bought + offer.Total, shown + offer.Weight);
        }

        return bought / shown;
    }

    static LinearPosterior Of<T>(Dictionary<T, LinearPosterior> all, T key)
        where T : notnull
    {
        if (!all.TryGetValue(key, out var found))
        {
            all[key] = found = new LinearPosterior(OfferFeatures.Count);
        }

        return found;
    }
}
