using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Reads metrics of OpenTelemetry's protocol (<c>ExportMetricsServiceRequest</c>, Protocol Buffers): gauges, sums and histograms,
/// and summaries. Deltas are added up. A resource's <c>service.namespace/service.name</c> becomes the label <c>job</c>, its <c>service.instance.id</c> the label
/// <c>instance</c>. Exponential histograms are refused.
/// </summary>
public static class OtlpMetrics
{
    const ulong Delta = 1, Cumulative = 2;
    const ulong NoValue = 1;

    /// <summary>Reads a request.</summary>
    /// <exception cref="FormatException">The message is invalid. Samples before the invalid part were taken.</exception>
    public static void Read(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        for (var request = new ProtoReader(message); request.Next();)
        {
            if (request.Field == 1)
            {
                ReadResource(request.Bytes(), intake);
            }
            else
            {
                request.Skip();
            }
        }
    }

    static void ReadResource(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        var resource = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var part = new ProtoReader(message); part.Next();)
        {
            if (part.Field != 1)
            {
                part.Skip();
                continue;
            }

            for (var field = new ProtoReader(part.Bytes()); field.Next();)
            {
                if (field.Field == 1)
                {
                    var (key, value) = OtlpValues.Attribute(field.Bytes());
                    resource[key] = value;
                }
                else
                {
                    field.Skip();
                }
            }
        }

        var name = resource.GetValueOrDefault("service.name", "unknown_service");
        List<KeyValuePair<string, string>> labels =
        [
            new("job", resource.TryGetValue("service.namespace", out var space) ? $"{space}/{name}" : name),
            new("instance", resource.GetValueOrDefault("service.instance.id", "")),
        ];
        for (var part = new ProtoReader(message); part.Next();)
        {
            if (part.Field != 2)
            {
                part.Skip();
                continue;
            }

            for (var scope = new ProtoReader(part.Bytes()); scope.Next();)
            {
                if (scope.Field == 2)
                {
                    ReadMetric(scope.Bytes(), labels, intake);
                }
                else
                {
                    scope.Skip();
                }
            }
        }
    }

    static void ReadMetric(ReadOnlySpan<byte> message, List<KeyValuePair<string, string>> labels, SampleIntake intake)
    {
        var (name, help, unit, kind) = ("", "", "", 0);
        ReadOnlySpan<byte> data = default;
        for (var metric = new ProtoReader(message); metric.Next();)
        {
            switch (metric.Field)
            {
                case 1:
                    name = metric.Text();
                    break;
                case 2:
                    help = metric.Text();
                    break;
                case 3:
                    unit = metric.Text();
                    break;
                case 5 or 7 or 9 or 10 or 11:
                    kind = metric.Field;
                    data = metric.Bytes();
                    break;
                default:
                    metric.Skip();
                    break;
            }
        }

        var (temporality, isMonotonic) = Aggregation(data);
        var isCounter = kind == 7 && isMonotonic;
        var metricName = OtlpNames.Metric(name, unit, isCounter, kind == 5);
        var isDelta = kind is 7 or 9 && temporality == Delta;
        if (kind is 7 or 9 && temporality is not (Delta or Cumulative))
        {
            RefusePoints(data, $"{metricName}: a sum or histogram without a temporality", intake);
            return;
        }

        if (kind == 10)
        {
            RefusePoints(data, $"{metricName}: exponential histograms are not kept; configure explicit buckets", intake);
            return;
        }

        intake.Describe(new MetricMetadata(metricName, kind switch
        {
            7 when isMonotonic => MetricType.Counter,
            5 or 7 => MetricType.Gauge,
            9 => MetricType.Histogram,
            11 => MetricType.Summary,
            _ => MetricType.Unknown,
        }, help, unit));
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field != 1)
            {
                reader.Skip();
            }
            else if (kind is 5 or 7)
            {
                ReadNumber(reader.Bytes(), metricName, labels, isCounter, isDelta, intake);
            }
            else
            {
                OtlpDistributions.Read(reader.Bytes(), metricName, labels, isSummary: kind == 11, isDelta, intake);
            }
        }
    }

    static (ulong Temporality, bool IsMonotonic) Aggregation(ReadOnlySpan<byte> data)
    {
        var (temporality, isMonotonic) = (0ul, false);
        for (var reader = new ProtoReader(data); reader.Next();)
        {
            if (reader.Field == 2 && !reader.IsBytes)
            {
                temporality = reader.Number();
            }
            else if (reader.Field == 3 && !reader.IsBytes)
            {
                isMonotonic = reader.Number() != 0;
            }
            else
            {
                reader.Skip();
            }
        }

        return (temporality, isMonotonic);
    }

    static void RefusePoints(ReadOnlySpan<byte> data, string problem, SampleIntake intake)
    {
        for (var reader = new ProtoReader(data); reader.Next(); reader.Skip())
        {
            if (reader.Field == 1)
            {
                intake.Refuse(problem);
            }
        }
    }

    static void ReadNumber(ReadOnlySpan<byte> message, string name, List<KeyValuePair<string, string>> labels,
        bool isCounter, bool isDelta, SampleIntake intake)
    {
        var own = new List<KeyValuePair<string, string>>();
        var (time, value, flags) = (0ul, 0.0, 0ul);
        for (var point = new ProtoReader(message); point.Next();)
        {
            switch (point.Field)
            {
                case 3:
                    time = point.Fixed64();
                    break;
                case 4:
                    value = point.Double();
                    break;
                case 6:
                    value = (long)point.Fixed64();
                    break;
                case 7:
                    own.Add(OtlpValues.Attribute(point.Bytes()));
                    break;
                case 8:
                    flags = point.Number();
                    break;
                default:
                    point.Skip();
                    break;
            }
        }

        var (series, isStale) = (LabelsOf(name, labels, own), (flags & NoValue) != 0);
        if (isCounter && value < 0 && !isStale)
        {
            // It only grows, from zero.
            intake.Refuse($"{series}: a monotonic sum has a negative value");
            return;
        }

        Append(intake, series, (long)(time / 1_000_000), value, isStale, isDelta);
    }

    /// <summary>Appends a value, the end of a series, or a delta.</summary>
    internal static void Append(SampleIntake intake, SeriesLabels labels, long time, double value, bool isStale, bool isDelta)
    {
        if (isDelta && !isStale)
        {
            intake.AddDelta(labels, time, value);
        }
        else
        {
            intake.Add(labels, time, isStale ? StaleMarker.Value : value);
        }
    }

    /// <summary>The labels of a series: the resource's, the point's and the name.</summary>
    internal static SeriesLabels LabelsOf(string name, List<KeyValuePair<string, string>> labels, List<KeyValuePair<string, string>> own, string? key = null, string value = "")
    {
        List<KeyValuePair<string, string>> all = [.. own.Select(label => KeyValuePair.Create(OtlpNames.Label(label.Key), label.Value)), .. labels, new(SeriesLabels.Name, name)];
        if (key is not null)
        {
            all.Add(new(key, value));
        }

        return SeriesLabels.Of(all);
    }
}
