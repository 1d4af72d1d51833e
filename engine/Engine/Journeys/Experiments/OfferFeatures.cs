using System.Runtime.InteropServices;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>
/// What is known of a shopper when an offer is chosen, as numbers of about −1 to 1, in a fixed order. They are stored with the choice: a new feature goes to the
/// end, and rows from before have fewer.
/// </summary>
public static class OfferFeatures
{
    /// <summary>The features' names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["signed_in", "cart_value", "item_count", "score", "hour_sin", "hour_cos"];

    /// <summary>Number of features.</summary>
    public static int Count => Names.Count;

    /// <summary>Number of contexts: see <see cref="OfferChooser.ContextOf"/>.</summary>
    public const int Contexts = 6;

    /// <summary>The names of a choice's features in a log for off-policy evaluation: the context, then <see cref="Names"/>.</summary>
    public static IReadOnlyList<string> LogNames { get; } = [.. Enumerable.Range(1, Contexts - 1).Select(i => $"context={i}"), .. Names];

    // Carts of about these values are as far from the middle as a shopper's other features.
    const double MiddleValue = 100, MiddleItems = 3;

    /// <summary>Returns the features of a decision's shopper.</summary>
    /// <param name="candidate">The decision.</param>
    /// <param name="zone">The store's time zone.</param>
    public static float[] Of(Intervention candidate, TimeZoneInfo zone)
    {
        var angle = TimeZoneInfo.ConvertTime(candidate.DecidedAt, zone).TimeOfDay.TotalDays * 2 * Math.PI;
        var score = candidate.Reasons.Score;
        return
        [
            candidate.UserId is null ? 0 : 1,
            Logarithm((double)candidate.Cart.Value, MiddleValue),
            Logarithm((double)candidate.Cart.ItemCount, MiddleItems),
            double.IsFinite(score) ? (float)score : 0,
            (float)Math.Sin(angle),
            (float)Math.Cos(angle),
        ];
    }

    /// <summary>Reads stored features. A choice from before they were stored has those of its context.</summary>
    /// <param name="bytes">What was stored; empty for nothing.</param>
    /// <param name="context">The context.</param>
    public static float[] Read(ReadOnlySpan<byte> bytes, int context)
    {
        var features = new float[Count];
        Read(bytes, context, features);
        return features;
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, int)"/>
    /// <param name="bytes">What was stored; empty for nothing.</param>
    /// <param name="context">The context.</param>
    /// <param name="features">Receives <see cref="Count"/> features.</param>
    public static void Read(ReadOnlySpan<byte> bytes, int context, Span<float> features)
    {
        features.Clear();
        if (bytes.IsEmpty)
        {
            (features[0], features[1]) = (context >= 3 ? 1 : 0, Logarithm((context % 3) switch { 0 => 25, 1 => 100, _ => 400 }, MiddleValue));
            return;
        }

        var stored = MemoryMarshal.Cast<byte, float>(bytes);
        stored[..Math.Min(stored.Length, Count)].CopyTo(features);
    }

    /// <summary>Adds a choice's features to a log for off-policy evaluation.</summary>
    /// <param name="log">Receives as many values as <see cref="LogNames"/> has.</param>
    /// <param name="context">The context.</param>
    /// <param name="features">The features.</param>
    public static void Append(List<float> log, int context, ReadOnlySpan<float> features)
    {
        for (var i = 1; i < Contexts; i++)
        {
            log.Add(context == i ? 1 : 0);
        }

        log.AddRange(features);
    }

    // 0 at the middle, −1 at 0 and 1 at about the middle's square, then level.
    static float Logarithm(double value, double middle) => (float)Math.Clamp((Math.Log(1 + Math.Max(0, value)) / Math.Log(1 + middle)) - 1, -1, 1);
}
