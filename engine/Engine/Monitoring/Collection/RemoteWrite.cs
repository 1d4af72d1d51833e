using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Engine.Monitoring.Query;
using Snappier;

namespace CartRecovery.Engine.Monitoring.Collection;

/// <summary>
/// Reads requests of Prometheus' remote write, versions 1.0 and 2.0: Protocol Buffers, compressed with Snappy. Native histograms are
/// refused; exemplars are left out.
/// </summary>
public static class RemoteWrite
{
    /// <summary>The most bytes of a request when decompressed.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Reads a request.</summary>
    /// <param name="body">The compressed body.</param>
    /// <param name="isVersion2">Whether it is <c>io.prometheus.write.v2.Request</c>.</param>
    /// <param name="intake">Takes the samples.</param>
    /// <exception cref="FormatException">The body is invalid. Samples before the invalid part were taken.</exception>
    public static void Read(ReadOnlySpan<byte> body, bool isVersion2, SampleIntake intake)
    {
        var message = Decompress(body);
        if (isVersion2)
        {
            ReadVersion2(message, intake);
        }
        else
        {
            ReadVersion1(message, intake);
        }
    }

    static byte[] Decompress(ReadOnlySpan<byte> body)
    {
        try
        {
            return Snappy.GetUncompressedLength(body) is >= 0 and <= MaxBytes ? Snappy.DecompressToArray(body)
                : throw new FormatException($"the body is longer than {MaxBytes >> 20} MB when decompressed");
        }
        catch (InvalidDataException e)
        {
            throw new FormatException("the body is not compressed with Snappy's block format", e);
        }
    }

    static void ReadVersion1(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        for (var request = new ProtoReader(message); request.Next();)
        {
            switch (request.Field)
            {
                case 1:
                    ReadSeries1(request.Bytes(), intake);
                    break;
                case 3:
                    ReadMetadata1(request.Bytes(), intake);
                    break;
                default:
                    request.Skip();
                    break;
            }
        }
    }

    static void ReadSeries1(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        var labels = new List<KeyValuePair<string, string>>();
        for (var series = new ProtoReader(message); series.Next();)
        {
            if (series.Field == 1)
            {
                var (name, value) = ("", "");
                for (var label = new ProtoReader(series.Bytes()); label.Next();)
                {
                    switch (label.Field)
                    {
                        case 1:
                            name = label.Text();
                            break;
                        case 2:
                            value = label.Text();
                            break;
                        default:
                            label.Skip();
                            break;
                    }
                }

                labels.Add(new(name, value));
            }
            else
            {
                series.Skip();
            }
        }

        ReadSamples(message, SeriesLabels.Of(labels), samplesField: 2, histogramsField: 4, intake);
    }

    static void ReadMetadata1(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        var (type, name, help, unit) = (0ul, "", "", "");
        for (var metadata = new ProtoReader(message); metadata.Next();)
        {
            switch (metadata.Field)
            {
                case 1:
                    type = metadata.Number();
                    break;
                case 2:
                    name = metadata.Text();
                    break;
                case 4:
                    help = metadata.Text();
                    break;
                case 5:
                    unit = metadata.Text();
                    break;
                default:
                    metadata.Skip();
                    break;
            }
        }

        intake.Describe(new MetricMetadata(name, TypeOf(type), help, unit));
    }

    static void ReadVersion2(ReadOnlySpan<byte> message, SampleIntake intake)
    {
        // The symbols come before the series, but nothing says that they must.
        var symbols = new List<string>();
        for (var request = new ProtoReader(message); request.Next();)
        {
            if (request.Field == 4)
            {
                symbols.Add(request.Text());
            }
            else
            {
                request.Skip();
            }
        }

        if (symbols is not ["", ..])
        {
            throw new FormatException("the first symbol must be empty");
        }

        for (var request = new ProtoReader(message); request.Next();)
        {
            if (request.Field == 5)
            {
                ReadSeries2(request.Bytes(), symbols, intake);
            }
            else
            {
                request.Skip();
            }
        }
    }

    static void ReadSeries2(ReadOnlySpan<byte> message, List<string> symbols, SampleIntake intake)
    {
        var references = new List<ulong>();
        var (type, help, unit) = (0ul, "", "");
        for (var series = new ProtoReader(message); series.Next();)
        {
            switch (series.Field)
            {
                case 1:
                    series.Numbers(references);
                    break;
                case 5:
                    for (var metadata = new ProtoReader(series.Bytes()); metadata.Next();)
                    {
                        switch (metadata.Field)
                        {
                            case 1:
                                type = metadata.Number();
                                break;
                            case 3:
                                help = Symbol(symbols, metadata.Number());
                                break;
                            case 4:
                                unit = Symbol(symbols, metadata.Number());
                                break;
                            default:
                                metadata.Skip();
                                break;
                        }
                    }

                    break;
                default:
                    series.Skip();
                    break;
            }
        }

        if (references.Count % 2 != 0)
        {
            throw new FormatException("a series has a label without a value");
        }

        var labels = SeriesLabels.Of(Enumerable.Range(0, references.Count / 2)
            .Select(i => KeyValuePair.Create(Symbol(symbols, references[2 * i]), Symbol(symbols, references[(2 * i) + 1]))));
        if (type != 0)
        {
            intake.Describe(new MetricMetadata(FamilyOf(labels.MetricName, TypeOf(type)), TypeOf(type), help, unit));
        }

        ReadSamples(message, labels, samplesField: 2, histogramsField: 3, intake);
    }

    static void ReadSamples(ReadOnlySpan<byte> message, SeriesLabels labels, int samplesField, int histogramsField, SampleIntake intake)
    {
        for (var series = new ProtoReader(message); series.Next();)
        {
            if (series.Field == samplesField)
            {
                var (value, time) = (0.0, 0L);
                for (var sample = new ProtoReader(series.Bytes()); sample.Next();)
                {
                    switch (sample.Field)
                    {
                        case 1:
                            value = sample.Double();
                            break;
                        case 2:
                            time = (long)sample.Number();
                            break;
                        default:
                            sample.Skip();
                            break;
                    }
                }

                intake.Add(labels, time, value);
            }
            else
            {
                if (series.Field == histogramsField)
                {
                    intake.Refuse($"{labels}: native histograms are not kept; send classic ones");
                }

                series.Skip();
            }
        }
    }

    static string Symbol(List<string> symbols, ulong index) => index < (ulong)symbols.Count ? symbols[(int)index]
        : throw new FormatException($"there is no symbol {index}");

    // Each series of a histogram has the metadata of all.
    static string FamilyOf(string name, MetricType type)
    {
        if (type is MetricType.Histogram or MetricType.Summary)
        {
            foreach (var suffix in new[] { "_bucket", "_sum", "_count" })
            {
                if (name.EndsWith(suffix, StringComparison.Ordinal))
                {
                    return name[..^suffix.Length];
                }
            }
        }

        return name;
    }

    static MetricType TypeOf(ulong type) => type switch
    {
        1 => MetricType.Counter,
        2 => MetricType.Gauge,
        3 or 4 => MetricType.Histogram,
        5 => MetricType.Summary,
        6 or 7 => MetricType.Info,
        _ => MetricType.Unknown,
    };
}
