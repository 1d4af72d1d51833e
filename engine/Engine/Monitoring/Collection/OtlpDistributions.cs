using System.Globalization;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>Reads points of histograms and summaries into the series that Prometheus has for them.</summary>
static class OtlpDistributions
{
    const ulong NoValue = 1;

    /// <summary>Reads a point.</summary>
    public static void Read(ReadOnlySpan<byte> message, string name, List<KeyValuePair<string, string>> labels, bool isSummary, bool isDelta, SampleIntake intake)
    {
        var own = new List<KeyValuePair<string, string>>();
        var (buckets, bounds, quantiles) = (new List<ulong>(), new List<ulong>(), new List<(double Quantile, double Value)>());
        var (time, count, flags, sum) = (0ul, 0ul, 0ul, (double?)null);
        for (var point = new ProtoReader(message); point.Next();)
        {
            switch (point.Field)
            {
                case 3:
                    time = point.Fixed64();
                    break;
                case 4:
                    count = point.Fixed64();
                    break;
                case 5:
                    sum = point.Double();
                    break;
                case 6 when isSummary:
                    quantiles.Add(Quantile(point.Bytes()));
                    break;
                case 6:
                    point.Fixed64s(buckets);
                    break;
                case 7 when !isSummary:
                    point.Fixed64s(bounds);
                    break;
                case 7 or 9 when point.IsBytes:
                    own.Add(OtlpValues.Attribute(point.Bytes()));
                    break;
                case 8 when isSummary:
                case 10 when !isSummary:
                    flags = point.Number();
                    break;
                default:
                    point.Skip();
                    break;
            }
        }

        if (buckets.Count != 0 && buckets.Count != bounds.Count + 1)
        {
            intake.Refuse($"{name}: {buckets.Count} buckets with {bounds.Count} bounds");
            return;
        }

        var (at, isStale) = ((long)(time / 1_000_000), (flags & NoValue) != 0);
        var total = 0ul;
        for (var i = 0; i < bounds.Count; i++)
        {
            total += buckets[i];
            Add("_bucket", total, "le", Text(BitConverter.UInt64BitsToDouble(bounds[i])));
        }

        if (!isSummary)
        {
            Add("_bucket", count, "le", "+Inf");
        }

        foreach (var (quantile, value) in quantiles)
        {
            Add("", value, "quantile", Text(quantile));
        }

        Add("_count", count);
        if (sum is { } known)
        {
            Add("_sum", known);
        }

        void Add(string suffix, double value, string? key = null, string text = "") =>
            OtlpMetrics.Append(intake, OtlpMetrics.LabelsOf(name + suffix, labels, own, key, text), at, value, isStale, isDelta);
    }

    static (double Quantile, double Value) Quantile(ReadOnlySpan<byte> message)
    {
        var (quantile, value) = (0.0, 0.0);
        for (var reader = new ProtoReader(message); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    quantile = reader.Double();
                    break;
                case 2:
                    value = reader.Double();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (quantile, value);
    }

    static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
