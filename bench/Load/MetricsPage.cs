using System.Globalization;

namespace CartRecovery.Bench.Load;

/// <summary>A scrape of the engine's <c>/metrics</c>; parses as much of the Prometheus text format as reports need.</summary>
sealed class MetricsPage
{
    readonly List<(string Name, string Labels, double Value)> _samples = [];

    /// <summary>Whether the page is an engine's.</summary>
    public bool HasEngine => _samples.Exists(sample => sample.Name.StartsWith("cartrecovery_", StringComparison.Ordinal));

    /// <summary>Events received, over all protocols.</summary>
    public double Received => Sum("cartrecovery_events_received_total");

    /// <summary>Events processed.</summary>
    public double Processed => Sum("cartrecovery_events_processed_total");

    /// <summary>Events rejected.</summary>
    public double Rejected => Sum("cartrecovery_events_rejected_total");

    /// <summary>Duplicate events.</summary>
    public double Duplicates => Sum("cartrecovery_events_duplicate_total");

    /// <summary>The engine's CPU time, in seconds.</summary>
    public double CpuSeconds => Sum("process_cpu_seconds_total");

    /// <summary>The engine's resident memory, in bytes.</summary>
    public double ResidentBytes => Sum("process_resident_memory_bytes");

    /// <summary>Parses a page, skipping lines that are not samples.</summary>
    public static MetricsPage Parse(string text)
    {
        var page = new MetricsPage();
        foreach (var line in text.Split('\n'))
        {
            var nameEnd = line.IndexOfAny(['{', ' ']);
            var labelsEnd = nameEnd > 0 && line[nameEnd] == '{' ? line.LastIndexOf('}') : nameEnd;
            if (nameEnd <= 0 || labelsEnd < 0 || line[0] == '#')
            {
                continue;
            }

            // A timestamp may follow the value.
            if (TryNumber(line[(labelsEnd + 1)..].Trim().Split(' ')[0], out var value))
            {
                page._samples.Add((line[..nameEnd], labelsEnd > nameEnd ? line[(nameEnd + 1)..labelsEnd] : "", value));
            }
        }

        return page;
    }

    /// <summary>Returns the sum of all series with a name; 0 if there are none.</summary>
    public double Sum(string name) => _samples.Where(sample => sample.Name == name).Sum(sample => sample.Value);

    /// <summary>Returns the sums of the series with a name, by the value of a label.</summary>
    public IReadOnlyDictionary<string, double> By(string name, string label) =>
        _samples.Where(sample => sample.Name == name)
            .GroupBy(sample => LabelOf(sample.Labels, label), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Sum(sample => sample.Value), StringComparer.Ordinal);

    /// <summary>
    /// Computes a quantile of a histogram's values between two scrapes, interpolated linearly within its bucket.
    /// </summary>
    /// <param name="before">The earlier page.</param>
    /// <param name="after">The later page.</param>
    /// <param name="name">The histogram's name.</param>
    /// <param name="share">0–1.</param>
    /// <returns>In the histogram's unit; the last finite bound if the quantile is above it; <see langword="null"/> when there
    /// were no values.</returns>
    public static double? Quantile(MetricsPage before, MetricsPage after, string name, double share)
    {
        var earlier = before.By($"{name}_bucket", "le");
        var buckets = after.By($"{name}_bucket", "le")
            .Select(bucket => (Bound: TryNumber(bucket.Key, out var bound) ? bound : double.NaN,
                Count: bucket.Value - earlier.GetValueOrDefault(bucket.Key)))
            .OrderBy(bucket => bucket.Bound)
            .ToArray();
        if (buckets.Length < 2 || buckets[^1].Count <= 0)
        {
            return null;
        }

        var rank = share * buckets[^1].Count;
        var (lowerBound, lowerCount) = (0.0, 0.0);
        foreach (var (bound, count) in buckets[..^1])
        {
            if (count >= rank && count > lowerCount)
            {
                return lowerBound + (bound - lowerBound) * (rank - lowerCount) / (count - lowerCount);
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return lowerBound;
    }

    static string LabelOf(string labels, string label)
    {
        var key = $",{label}=\"";
        var at = $",{labels}".IndexOf(key, StringComparison.Ordinal);
        if (at < 0)
        {
            return "";
        }

        var start = at + key.Length - 1;
        return labels[start..labels.IndexOf('"', start)];
    }

    static bool TryNumber(string text, out double number)
    {
        if (text is "+Inf" or "-Inf")
        {
            number = text[0] == '+' ? double.PositiveInfinity : double.NegativeInfinity;
            return true;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }
}
