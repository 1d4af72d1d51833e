using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary>
/// Reads the engine's choices among offers: one log per campaign step, store and currency, because only these share a set of offers.
/// Journeys of carts that only a browser vouched for, and of bots, are left out, as they are where the engine learns.
/// The reward of a message is its journey's orders, net of refunds, as reported by a server; a journey's steps share it.
/// </summary>
static class JourneyChoices
{
    /// <summary>Reads the database of a data folder, with or without a running engine.</summary>
    /// <exception cref="IOException">It cannot be read, or has no randomised choices.</exception>
    public static IReadOnlyList<(string Title, ChoiceLog Log)> Read(string folder)
    {
        var path = Path.Combine(folder, "outreach.db");
        if (!File.Exists(path))
        {
            throw new IOException($"{path} does not exist: the engine has not used this folder");
        }

        using var database = new Database(path, isReader: true);
        var rows = database.Prepare("""
            SELECT i.store, i.campaign, i.step, j.currency, i.offer, i.context, i.propensity,
                (SELECT COALESCE(SUM(c.value), 0) FROM conversion c WHERE c.journey=i.journey AND c.verified=1 AND c.currency=j.currency), i.features
            FROM intervention i JOIN journey j ON j.id=i.journey
            WHERE i.propensity<1 AND i.sent_at IS NOT NULL AND j.standing>0 AND j.bot=0 ORDER BY i.decided_at, i.id
            """);
        var steps = new SortedDictionary<string, Choices>(StringComparer.Ordinal);
        while (rows.Next())
        {
            var title = $"{rows.Text(1)}, step {rows.Int(2)}, in store {rows.Text(0)}, in {rows.Text(3)}";
            if (!steps.TryGetValue(title, out var choices))
            {
                steps[title] = choices = new Choices();
            }

            choices.Add(rows.Text(4), rows.Int(5), OfferFeatures.Read(rows.Bytes(8), rows.Int(5)), rows.DoubleOrNull(6) ?? 0, (double)rows.Long(7) / Money.PerUnit);
        }

        // A single message allows no estimate.
        var logs = steps.Where(s => s.Value.Count > 1).Select(s => (s.Key, s.Value.ToLog())).ToList();
        return logs.Count > 0 ? logs : throw new IOException($"{path} has no step with at least two sent messages whose offer was chosen at random");
    }

    sealed class Choices
    {
        readonly List<string> _offers = [];
        readonly List<float> _contexts = [];
        readonly List<int> _chosen = [];
        readonly List<double> _propensities = [], _rewards = [];

        public int Count => _chosen.Count;

        public void Add(string offer, int context, float[] features, double propensity, double reward)
        {
            if (!_offers.Contains(offer))
            {
                _offers.Add(offer);
            }

            _chosen.Add(_offers.IndexOf(offer));
            _propensities.Add(propensity);
            _rewards.Add(reward);
            OfferFeatures.Append(_contexts, context, features);
        }

        public ChoiceLog ToLog() =>
            new(OfferFeatures.LogNames, _offers, [.. _contexts], [.. _chosen], [.. _propensities], [.. _rewards]);
    }
}
