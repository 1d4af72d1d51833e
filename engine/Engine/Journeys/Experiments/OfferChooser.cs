using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>What came of an offer in one kind of shopper so far.</summary>
/// <param name="Shown">Messages that were sent with it.</param>
/// <param name="Bought">Of those, how many an order followed.</param>
public readonly record struct OfferOutcomes(long Shown, long Bought);

/// <summary>
/// Chooses among offers by Thompson sampling (Thompson 1933; Chapelle and Li 2011): each as likely as it is to be the one that earns most, by what is
/// known so far. An offer earns the store's margin less its discount, if an order follows. The likelihoods are worked out now and then by
/// simulation, and each choice is drawn from them, so that the likelihood which is noted with a choice is exact: that is what other policies can
/// be judged by later.
/// </summary>
public sealed class OfferChooser
{
    const int Draws = 4000;

    // No choice is ever so unlikely that nothing could be learned of it.
    const double Least = 0.02;

    readonly Dictionary<(string Campaign, string Offer, int Context), OfferOutcomes> _outcomes = [];
    readonly Dictionary<(string Campaign, int Step, int Context), double[]> _likelihoods = [];

    /// <summary>A shopper's kind: known or not, and how much is in the cart.</summary>
    /// <param name="isCustomer">Signed in.</param>
    /// <param name="value">The cart's value.</param>
    public static int ContextOf(bool isCustomer, decimal value) => (isCustomer ? 3 : 0) + (value < 50 ? 0 : value < 200 ? 1 : 2);

    /// <summary>Learns: what came of every offer until now, in place of what was known.</summary>
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
    /// <param name="offers">What may be offered; 1 or more.</param>
    /// <param name="context">The shopper's kind.</param>
    /// <param name="margin">The store's, 0–1.</param>
    /// <param name="id">What the lot is drawn for: the message's id.</param>
    /// <returns>The offer, and how likely it was.</returns>
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
        // Seeded by what it is for: the same knowledge gives the same likelihoods.
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

        return [.. wins.Select(won => Least + ((1 - (Least * offers.Count)) * won / Draws))];
    }

    /// <summary>What is left of an order's value with an offer, −1 to 1.</summary>
    public static double EarnedBy(Offer offer, double margin) =>
        margin - (offer.Action == ActionKind.Discount ? (offer.DiscountPercent ?? 0) / 100 : 0);
}
