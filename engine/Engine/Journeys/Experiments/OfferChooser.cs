using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Outcomes of an offer in one kind of shopper.</summary>
/// <param name="Shown">Messages sent with the offer.</param>
/// <param name="Bought">Those followed by an order.</param>
public readonly record struct OfferOutcomes(long Shown, long Bought);

/// <summary>
/// Chooses among offers by Thompson sampling (Thompson 1933; Chapelle and Li 2011): each with the probability that it earns most, given the
/// outcomes so far. An order earns the store's margin less the discount. The probabilities are estimated by simulation from time to time
/// and every choice is drawn from them, so the propensity recorded with a choice is exact and off-policy evaluation can use it.
/// </summary>
public sealed class OfferChooser
{
    const int Draws = 4000;

    // Lower bound of a choice's probability, so that every offer keeps being explored.
    const double MinProbability = 0.02;

    readonly Dictionary<(string Campaign, string Offer, int Context), OfferOutcomes> _outcomes = [];
    readonly Dictionary<(string Campaign, int Step, int Context), double[]> _likelihoods = [];

    /// <summary>Returns the kind of shopper: signed in or not, and the size of the cart.</summary>
    /// <param name="isCustomer"><see langword="true"/> if signed in.</param>
    /// <param name="value">The cart's value.</param>
    public static int ContextOf(bool isCustomer, decimal value) => (isCustomer ? 3 : 0) + (value < 50 ? 0 : value < 200 ? 1 : 2);

    /// <summary>Replaces what was learned with the outcomes of all offers.</summary>
    public void Learn(IEnumerable<(string Campaign, string Offer, int Context, OfferOutcomes Outcomes)> outcomes)
    {
        _outcomes.Clear();
        _likelihoods.Clear();
        foreach (var (campaign, offer, context, seen) in outcomes)
        {
            _outcomes[(campaign, offer, context)] = seen;
        }
    }

    /// <summary>Chooses an offer.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="step">The step's number.</param>
    /// <param name="offers">The candidates; 1 or more.</param>
    /// <param name="context">The kind of shopper.</param>
    /// <param name="margin">The store's margin, 0–1.</param>
    /// <param name="id">Seed of the draw: the message's id.</param>
    /// <returns>The offer and the probability of choosing it.</returns>
    public (Offer Offer, double Propensity) Choose(string campaign, int step, IReadOnlyList<Offer> offers, int context, double margin, string id)
    {
        if (offers.Count == 1)
        {
            return (offers[0], 1);
        }

        if (!_likelihoods.TryGetValue((campaign, step, context), out var likelihoods) || likelihoods.Length != offers.Count)
        {
            likelihoods = Likelihoods(campaign, step, offers, context, margin);
            _likelihoods[(campaign, step, context)] = likelihoods;
        }

        var rest = Assignment.Draw(Hash128.Of(Encoding.UTF8.GetBytes(id), seed: 0), "offer");
        for (var i = 0; i < offers.Count; i++)
        {
            if ((rest -= likelihoods[i]) < 0)
            {
                return (offers[i], likelihoods[i]);
            }
        }

        return (offers[^1], likelihoods[^1]);
    }

    double[] Likelihoods(string campaign, int step, IReadOnlyList<Offer> offers, int context, double margin)
    {
        // Seeded by its purpose: the same outcomes give the same probabilities.
        var seed = (int)Hash128.Of(Encoding.UTF8.GetBytes($"{campaign} {step} {context}"), seed: 0).Low;
        var sampler = new BetaSampler(new Random(seed));
        var wins = new int[offers.Count];
        for (var draw = 0; draw < Draws; draw++)
        {
            var (best, most) = (0, double.NegativeInfinity);
            for (var i = 0; i < offers.Count; i++)
            {
                var seen = _outcomes.GetValueOrDefault((campaign, offers[i].Name, context));
                var earned = sampler.Next(1 + seen.Bought, 1 + seen.Shown - seen.Bought) * EarnedBy(offers[i], margin);
                (best, most) = earned > most ? (i, earned) : (best, most);
            }

            wins[best]++;
        }

        return [.. wins.Select(won => MinProbability + ((1 - (MinProbability * offers.Count)) * won / Draws))];
    }

    /// <summary>Returns what an offer leaves of an order's value, −1 to 1.</summary>
    public static double EarnedBy(Offer offer, double margin) =>
        margin - (offer.Action == ActionKind.Discount ? (offer.DiscountPercent ?? 0) / 100 : 0);
}
