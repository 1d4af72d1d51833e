using System.Globalization;
using System.Text;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// The values of a registry at one moment, parsed from the text format because the client library offers no other way to read buckets.
/// </summary>
public sealed class MetricSnapshot
{
    readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    MetricSnapshot()
    {
    }

    /// <summary>Metrics by name.</summary>
    public IReadOnlyDictionary<string, MetricFamily> Families => _families;

    /// <summary>Parses Prometheus text format 0.0.4 as written by the registry.</summary>
    public static MetricSnapshot Parse(string text)
    {
        var snapshot = new MetricSnapshot();
        var help = "";
        MetricFamily? family = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 4);
            switch (words)
            {
                case ["#", "HELP", _, var sentence]:
                    help = sentence;
                    break;
                case ["#", "TYPE", var name, var type]:
                    family = snapshot._families[name] = new MetricFamily(name, help, type);
                    help = "";
                    break;
                default:
                    family?.Add(ParseSample(line));
                    break;
            }
        }

        return snapshot;
    }

    /// <summary>Computes a quantile of a histogram without labels, with linear interpolation within its bucket.</summary>
    /// <param name="name">The histogram's name.</param>
    /// <param name="share">0–1.</param>
    /// <returns>The quantile in the histogram's unit; the last finite bound if it is higher; 0 without observations.</returns>
    public double Quantile(string name, double share)
    {
        var (lowerBound, lowerCount) = (0.0, 0.0);
        var buckets = _families[name].Samples.Where(s => s.Name == name + "_bucket")
            .Select(s => (Bound: Number(s.Labels[^1].Value!.ToString()!), s.Value)).OrderBy(b => b.Bound).ToArray();
        var rank = share * buckets[^1].Value;
        foreach (var (bound, count) in buckets[..^1])
        {
            if (count >= rank && count > lowerCount)
            {
                return lowerBound + ((bound - lowerBound) * (rank - lowerCount) / (count - lowerCount));
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return buckets[^1].Value > 0 ? lowerBound : 0;
    }

    // name{label="value",…} number
    static MetricSample ParseSample(string line)
    {
        var at = line.AsSpan().IndexOfAny('{', ' ');
        var name = line[..at];
        var labels = new List<KeyValuePair<string, object?>>();
        if (line[at] == '{')
        {
            for (at++; line[at] != '}'; at += line[at] == ',' ? 1 : 0)
            {
                var equals = line.IndexOf('=', at);
                var label = line[at..equals];
                at = equals + 2;
                labels.Add(new(label, ParseValue(line, ref at)));
            }

            at++;
        }

        return new MetricSample(name, [.. labels], Number(line[(at + 1)..]));
    }

    // Ends after the closing quote.
    static string ParseValue(string line, ref int at)
    {
        var value = new StringBuilder();
        for (; line[at] != '"'; at++)
        {
            if (line[at] == '\\')
            {
                at++;
                value.Append(line[at] == 'n' ? '\n' : line[at]);
            }
            else
            {
                value.Append(line[at]);
            }
        }

        at++;
        return value.ToString();
    }

    static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };
}

/// <summary>All series of a metric.</summary>
/// <param name="Name">The full name.</param>
/// <param name="Help">One sentence.</param>
/// <param name="Type">counter, gauge or histogram.</param>
public sealed record MetricFamily(string Name, string Help, string Type)
{
    readonly List<MetricSample> _samples = [];

    /// <summary>The samples; those of a histogram end in <c>_bucket</c>, <c>_sum</c> and <c>_count</c>.</summary>
    public IReadOnlyList<MetricSample> Samples => _samples;

    internal void Add(MetricSample sample) => _samples.Add(sample);
}

/// <summary>A sample.</summary>
/// <param name="Name">The family's name with the sample's suffix.</param>
/// <param name="Labels">Names and values; a bucket's bound, <c>le</c>, is the last.</param>
/// <param name="Value">The value.</param>
public sealed record MetricSample(string Name, KeyValuePair<string, object?>[] Labels, double Value);
