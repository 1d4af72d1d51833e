using System.Globalization;
using CartRecovery.Engine.Telemetry;

namespace CartRecovery.Host.Commands.Monitoring;

/// <summary>Values of metrics at one moment, and what changed since a former one. A metric that is not there is 0.</summary>
/// <param name="former">The former metrics.</param>
/// <param name="current">The metrics.</param>
/// <param name="elapsed">The time between both.</param>
sealed class MetricRates(MetricSnapshot former, MetricSnapshot current, TimeSpan elapsed)
{
    /// <summary>Returns the sum of the series with these labels.</summary>
    /// <param name="name">The metric.</param>
    /// <param name="labels">Labels that the series must have.</param>
    public double Value(string name, params ReadOnlySpan<(string Name, string Value)> labels) => Sum(current, name, name, labels);

    /// <summary>Returns what the series with these labels gained per second. If they fell, the engine was restarted, and they count from 0.</summary>
    /// <inheritdoc cref="Value"/>
    public double Rate(string name, params ReadOnlySpan<(string Name, string Value)> labels) =>
        elapsed <= TimeSpan.Zero ? 0 : Gain(Sum(former, name, name, labels), Sum(current, name, name, labels)) / elapsed.TotalSeconds;

    /// <summary>Returns the values of a label.</summary>
    public IReadOnlyList<string> LabelsOf(string name, string label) => !current.Families.TryGetValue(name, out var family) ? []
        : [.. family.Samples.SelectMany(sample => sample.Labels).Where(one => one.Key == label).Select(one => (string)one.Value!)
            .Distinct(StringComparer.Ordinal)];

    /// <summary>Computes a quantile of the observations since the former moment, with linear interpolation within its bucket, as Prometheus does.</summary>
    /// <param name="name">The histogram; its series are added.</param>
    /// <param name="share">0–1.</param>
    /// <param name="label">A label that the series must have.</param>
    /// <returns>The quantile; the last finite bound if it is higher; <see langword="null"/> without observations.</returns>
    public double? Quantile(string name, double share, (string Name, string Value)? label = null)
    {
        if (!current.Families.TryGetValue(name, out var family))
        {
            return null;
        }

        var texts = family.Samples.Where(sample => sample.Name == $"{name}_bucket").Select(sample => (string)sample.Labels[^1].Value!)
            .Distinct(StringComparer.Ordinal);
        var buckets = texts.Select(le =>
        {
            (string, string)[] labels = label is { } wanted ? [("le", le), wanted] : [("le", le)];
            return (Bound: BoundOf(le), Count: Gain(Sum(former, name, $"{name}_bucket", labels), Sum(current, name, $"{name}_bucket", labels)));
        }).OrderBy(bucket => bucket.Bound).ToArray();
        if (buckets is [] || buckets[^1].Count <= 0)
        {
            return null;
        }

        var (lowerBound, lowerCount, rank) = (0.0, 0.0, share * buckets[^1].Count);
        foreach (var (bound, count) in buckets[..^1])
        {
            if (count >= rank && count > lowerCount)
            {
                return lowerBound + ((bound - lowerBound) * (rank - lowerCount) / (count - lowerCount));
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return lowerBound;
    }

    static double BoundOf(string le) => le == "+Inf" ? double.PositiveInfinity : double.Parse(le, CultureInfo.InvariantCulture);

    static double Gain(double before, double after) => after >= before ? after - before : after;

    static double Sum(MetricSnapshot snapshot, string family, string name, ReadOnlySpan<(string Name, string Value)> labels)
    {
        var sum = 0.0;
        foreach (var sample in snapshot.Families.TryGetValue(family, out var found) ? found.Samples : [])
        {
            sum += sample.Name == name && HasAll(sample, labels) ? sample.Value : 0;
        }

        return sum;
    }

    static bool HasAll(MetricSample sample, ReadOnlySpan<(string Name, string Value)> labels)
    {
        foreach (var (name, value) in labels)
        {
            if (!Array.Exists(sample.Labels, label => label.Key == name && (string)label.Value! == value))
            {
                return false;
            }
        }

        return true;
    }
}
