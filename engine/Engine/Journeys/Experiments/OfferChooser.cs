using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// Chooses among offers by linear Thompson sampling (Agrawal and Goyal 2013): each with the probability that it earns most for this shopper, given the outcomes so
/// far. An order earns the store's margin less the discount. A discount that is known to earn less from such shoppers than no message at all is left out. Every
/// choice is drawn from the computed probabilities, so the propensity recorded with it is that of the draw, and off-policy evaluation can use it. One thread.
/// </summary>
public sealed class OfferChooser
{
    // Lower bound of a choice's probability, so that every offer keeps being explored.
    const double MinProbability = 0.02;

    // With fewer, a discount is not left out.
    const double MinShown = 200, MinLeftAlone = 100;

    OfferOutcomes _outcomes = new();

    /// <summary>Returns the kind of shopper, for reports: signed in or not, and the size of the cart.</summary>
    /// <param name="isCustomer"><see langword="true"/> if signed in.</param>
    /// <param name="value">The cart's value.</param>
    public static int ContextOf(bool isCustomer, decimal value) => (isCustomer ? 3 : 0) + (value < 50 ? 0 : value < 200 ? 1 : 2);

    /// <summary>Replaces what was learned.</summary>
    /// <param name="outcomes">The outcomes of all offers. Belongs to the chooser from here on.</param>
    public void Learn(OfferOutcomes outcomes)
    {
        outcomes.Fit();
        _outcomes = outcomes;
    }

    /// <summary>Chooses an offer.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="offers">The candidates; 1 or more.</param>
    /// <param name="features">The shopper's <see cref="OfferFeatures"/>.</param>
    /// <param name="margin">The store's margin, 0–1.</param>
    /// <param name="id">Seed of the draw: the message's id.</param>
    /// <returns>The offer and the probability of choosing it.</returns>
    public (Offer Offer, double Propensity) Choose(string campaign, IReadOnlyList<Offer> offers, ReadOnlySpan<float> features, double margin, string id)
    {
        if (offers.Count == 1)
        {
            return (offers[0], 1);
        }

        var likelihoods = Likelihoods(campaign, offers, features, margin);
        var rest = Assignment.Draw(Hash128.Of(Encoding.UTF8.GetBytes(id), seed: 0), "offer");
        for (var i = 0; i < offers.Count; i++)
        {
            if ((rest -= likelihoods[i]) < 0)
            {
                return (offers[i], likelihoods[i]);
            }
        }

        // The probabilities' sum was rounded down.
        var last = Array.FindLastIndex(likelihoods, likelihood => likelihood > 0);
        return (offers[last], likelihoods[last]);
    }

    /// <summary>Returns the probability of choosing each offer.</summary>
    /// <inheritdoc cref="Choose" path="/param"/>
    public double[] Likelihoods(string campaign, IReadOnlyList<Offer> offers, ReadOnlySpan<float> features, double margin)
    {
        var earnings = new (double Mean, double Deviation)[offers.Count];
        var isCandidate = new bool[offers.Count];
        var alone = _outcomes.LeftAlone(campaign) is { Weight: >= MinLeftAlone } left ? left.At(features) : ((double Mean, double Deviation)?)null;
        var hasOther = offers.Any(offer => offer.Action != ActionKind.Discount);
        for (var i = 0; i < offers.Count; i++)
        {
            var posterior = _outcomes.Of(campaign, offers[i].Name);
            if (posterior.Weight == 0)
            {
                posterior.Fit(_outcomes.MeanOf(campaign));
            }

            var (bought, earned) = (posterior.At(features), EarnedBy(offers[i], margin));
            earnings[i] = (bought.Mean * earned, bought.Deviation * Math.Abs(earned));
            // Among discounts alone, it is not the choice that is wrong: DiscountEligibility decides.
            isCandidate[i] = !hasOther || offers[i].Action != ActionKind.Discount || alone is not { } without || posterior.Weight < MinShown || !Costs(earnings[i], without, margin);
        }

        var candidates = Enumerable.Range(0, offers.Count).Where(i => isCandidate[i]).ToArray();
        var likelihoods = new double[candidates.Length];
        ThompsonLikelihoods.Of([.. candidates.Select(i => earnings[i])], likelihoods, MinProbability);
        var all = new double[offers.Count];
        for (var i = 0; i < candidates.Length; i++)
        {
            all[candidates[i]] = likelihoods[i];
        }

        return all;
    }

    /// <summary>Returns what an offer leaves of an order's value, −1 to 1.</summary>
    public static double EarnedBy(Offer offer, double margin) =>
        margin - (offer.Action == ActionKind.Discount ? (offer.DiscountPercent ?? 0) / 100 : 0);

    // The upper bound, at 95% confidence, of the uplift of purchases times the margin, less the discount on all of them.
    static bool Costs((double Mean, double Deviation) with, (double Mean, double Deviation) without, double margin) =>
        with.Mean - (without.Mean * margin) + (1.96 * Math.Sqrt((with.Deviation * with.Deviation) + (without.Deviation * without.Deviation * margin * margin))) < 0;
}
