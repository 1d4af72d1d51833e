using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Learning.Retraining;

/// <summary>Rows whose labels follow from two features, deterministic by seed.</summary>
static class SyntheticRows
{
    internal const long Day = TimeSpan.MillisecondsPerDay;

    internal static readonly int Views = ColumnOf("item_views"), Price = ColumnOf("last_seen_price"), Mobile = ColumnOf("is_mobile");

    /// <summary>Draws rows over some days, scored by somebody who does not know which are bought.</summary>
    internal static JournalRow[] Draw(int count, double days, Func<float[], double>? probability = null, ulong seed = 1, bool isLabelled = true)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            var features = new float[FeatureTable.Names.Count];
            (features[Views], features[Price], features[Mobile]) = (random.Below(10), 5 + random.Below(200), random.Below(2));
            var isBought = random.Unit() < (probability ?? Truth)(features);
            return new JournalRow
            {
                Cart = Hash128.Of(BitConverter.GetBytes(i), seed),
                Store = 0,
                At = (long)(i * days * Day / count),
                ReceivedAt = (long)(i * days * Day / count),
                Features = features,
                Session = 1,
                IsLabelled = isLabelled,
                Score = 0.3f,
                Group = i,
                Purchased = isBought,
                PurchasedInSession = isBought,
            };
        })];
    }

    /// <summary>Cheap carts that were looked at often are bought.</summary>
    internal static double Truth(float[] features) => 1 / (1 + Math.Exp(1 - (0.5 * features[Views]) + (0.03 * features[Price])));

    static int ColumnOf(string feature) => FeatureTable.Names.ToList().IndexOf(feature);
}
