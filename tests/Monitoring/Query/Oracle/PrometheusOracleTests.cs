using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Monitoring.Query;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Monitoring.Query.Oracle;

/// <summary>
/// Compares the query engine with Prometheus 2.42 on the same data. <c>CARTRECOVERY_QUERIES</c> sets the number of queries, <c>CARTRECOVERY_SEED</c> other ones.
/// </summary>
public sealed class PrometheusOracleTests
{
    const double Tolerance = 1e-9;

    [Test]
    public async Task Random_queries_give_what_Prometheus_gives()
    {
        var count = Setting("CARTRECOVERY_QUERIES", 300);
        var data = OracleData.Create();
        using var prometheus = await PrometheusServer.StartAsync(data.All);
        var engine = new PromQlEngine(data);
        var random = new Random(7);
        var differences = new List<string>();
        var (values, errors, open) = (0, 0, 0);
        // The same queries for a count, so that a failure is that of a change.
        foreach (var text in QueryGenerator.Query.Sample(count, new FsCheck.Rnd((ulong)Setting("CARTRECOVERY_SEED", count)), 50))
        {
            var isRange = random.Next(2) == 0;
            var time = OracleData.Start + (random.Next(600, 3900) * 1000L);
            var actual = Run(() => Show(isRange
                ? engine.EvaluateRange(PromQuery.Parse(text), time - 600_000, time, 47_000) : engine.Evaluate(PromQuery.Parse(text), time)));
            Task<SortedDictionary<string, double>?> AskAsync() =>
                isRange ? RangeOfPrometheusAsync(prometheus, text, time) : InstantOfPrometheusAsync(prometheus, text, time);
            var expected = await AskAsync();
            errors += expected is null ? 1 : 0;
            values += expected?.Count ?? 0;
            var byValue = text.StartsWith("topk", StringComparison.Ordinal) || text.StartsWith("bottomk", StringComparison.Ordinal);
            if (Difference(expected, actual.Values, byValue) is not { } difference)
            {
                continue;
            }

            if (IsBeyondPrecision(text) || await IsOpenAsync(AskAsync, expected, byValue))
            {
                open++;
                continue;
            }

            differences.Add($"{(isRange ? "range" : "instant")} at {time}: {text}\n  {difference} {actual.Error}");
        }

        TestContext.Out.WriteLine($"{count} queries, {values} values, {errors} refused by both, {open} open, {differences.Count} differences");
        Assert.That(values, Is.GreaterThan(count), "queries with results");
        Assert.That(open, Is.LessThanOrEqualTo(Math.Max(2, count / 1000)), "queries to which Prometheus has several answers");
        Assert.That(differences, Is.Empty, string.Join('\n', differences.Take(20)));
    }

    static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var set) ? set : otherwise;

    // Go's power and that of libm differ in the last bit. The sine of 10^43 depends on it, and so does a remainder.
    static bool IsBeyondPrecision(string text) =>
        text.Contains('^') && (text.Contains('%') || new[] { "sin(", "cos(", "tan(" }.Any(function => text.Contains(function, StringComparison.Ordinal)));

    // Prometheus adds in the order of a hash table, another one each time. Where the last bits decide, as in the sine of a huge number, it contradicts itself.
    static async Task<bool> IsOpenAsync(Func<Task<SortedDictionary<string, double>?>> askAsync, SortedDictionary<string, double>? first, bool byValue)
    {
        for (var i = 0; i < 20; i++)
        {
            if (Difference(first, await askAsync(), byValue) is not null)
            {
                return true;
            }
        }

        return false;
    }

    static (SortedDictionary<string, double>? Values, string Error) Run(Func<SortedDictionary<string, double>> run)
    {
        try
        {
            return (run(), "");
        }
        catch (PromQlException e)
        {
            return (null, e.Message);
        }
    }

    static string? Difference(SortedDictionary<string, double>? expected, SortedDictionary<string, double>? actual, bool byValue)
    {
        if (expected is null || actual is null)
        {
            return expected is null == actual is null ? null : expected is null ? "Prometheus refuses it" : "refused";
        }

        if (byValue)
        {
            // Which of equal elements are among the best is left open.
            return expected.Values.Order().Zip(actual.Values.Order()).All(p => IsSame(p.First, p.Second)) && expected.Count == actual.Count
                ? null : "other values";
        }

        if (expected.Keys.FirstOrDefault(key => !actual.ContainsKey(key)) is { } missing)
        {
            return $"lacks {missing} ({expected.Count} expected, {actual.Count} found)";
        }

        if (actual.Keys.FirstOrDefault(key => !expected.ContainsKey(key)) is { } more)
        {
            return $"has {more} ({expected.Count} expected, {actual.Count} found)";
        }

        return expected.Keys.FirstOrDefault(key => !IsSame(expected[key], actual[key])) is { } other ? $"{other}: {expected[other]:R}, not {actual[other]:R}" : null;
    }

    static bool IsSame(double left, double right) =>
        left.Equals(right) || Math.Abs(left - right) <= Tolerance * Math.Max(1e-3, Math.Max(Math.Abs(left), Math.Abs(right)));

    static SortedDictionary<string, double> Show(PromValue value)
    {
        var shown = new SortedDictionary<string, double>(StringComparer.Ordinal);
        switch (value)
        {
            case PromScalar scalar:
                shown["scalar"] = scalar.Value;
                break;
            case PromVector vector:
                foreach (var (labels, number) in vector.Samples)
                {
                    shown.Add(labels.ToString(), number);
                }

                break;
            case PromMatrix matrix:
                foreach (var series in matrix.Series)
                {
                    foreach (var (time, number) in series.Samples)
                    {
                        shown.Add($"{series.Labels} {time}", number);
                    }
                }

                break;
        }

        return shown;
    }

    static async Task<SortedDictionary<string, double>?> InstantOfPrometheusAsync(PrometheusServer prometheus, string query, long time)
    {
        var data = await prometheus.GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}&time={time / 1000}");
        return data is null ? null : Parse(data.Value);
    }

    static async Task<SortedDictionary<string, double>?> RangeOfPrometheusAsync(PrometheusServer prometheus, string query, long end)
    {
        var data = await prometheus.GetAsync($"api/v1/query_range?query={Uri.EscapeDataString(query)}&start={(end - 600_000) / 1000}&end={end / 1000}&step=47");
        return data is null ? null : Parse(data.Value);
    }

    static SortedDictionary<string, double> Parse(JsonElement data)
    {
        var shown = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var result = data.GetProperty("result");
        if (data.GetProperty("resultType").GetString() == "scalar")
        {
            shown["scalar"] = Number(result[1]);
            return shown;
        }

        foreach (var element in result.EnumerateArray())
        {
            var labels = SeriesLabels.Of(element.GetProperty("metric").EnumerateObject().Select(p => KeyValuePair.Create(p.Name, p.Value.GetString()!)));
            if (element.TryGetProperty("value", out var value))
            {
                shown.Add(labels.ToString(), Number(value[1]));
                continue;
            }

            foreach (var sample in element.GetProperty("values").EnumerateArray())
            {
                shown.Add($"{labels} {(long)Math.Round(sample[0].GetDouble() * 1000)}", Number(sample[1]));
            }
        }

        return shown;
    }

    static double Number(JsonElement text) => text.GetString() switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var number => double.Parse(number!, CultureInfo.InvariantCulture),
    };
}
