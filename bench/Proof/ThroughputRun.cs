using System.Globalization;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>
/// Measures each contender at full rate in alternating rounds, so that other activity affects all of them. Ratios are computed within a
/// round.
/// </summary>
static class ThroughputRun
{
    /// <summary>Measures a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="plan">Durations and rounds.</param>
    /// <param name="engine">The engine's executable.</param>
    /// <param name="output">Receives progress.</param>
    /// <param name="stop">Stops the measurement.</param>
    public static async Task<IReadOnlyList<ThroughputRow>> RunAsync(
        Scenario scenario, ProofPlan plan, string engine, TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync($"{scenario.Format} over {scenario.Transport}, {scenario.Connections} connections, {scenario.PerMessage} a message");
        var rounds = new List<IReadOnlyDictionary<Contender, Round>>();
        for (var round = 1; round <= plan.Rounds; round++)
        {
            var results = new Dictionary<Contender, Round>();
            foreach (var contender in scenario.Contenders)
            {
                var result = await MeasureAsync(contender, scenario, plan, engine, stop);
                results.Add(contender, result);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"  round {round}  {contender,-15} {result.Rate,11:N0} events/s  {result.CpuMicroseconds,6:F2} µs of CPU per event{(result.Accounted ? "" : "  NOT ALL ACCOUNTED FOR")}"));
            }

            rounds.Add(results);
        }

        return Rows(scenario, rounds);
    }

    /// <summary>Computes the medians over the rounds.</summary>
    /// <param name="scenario">The scenario measured.</param>
    /// <param name="rounds">Each contender's result in each round.</param>
    public static IReadOnlyList<ThroughputRow> Rows(Scenario scenario, IReadOnlyList<IReadOnlyDictionary<Contender, Round>> rounds) =>
    [
        .. from contender in scenario.Contenders
           let own = rounds.Select(round => round[contender]).ToArray()
           select new ThroughputRow
           {
               Contender = contender,
               Format = scenario.Format,
               Transport = scenario.Transport,
               Connections = scenario.Connections,
               PerMessage = scenario.PerMessage,
               Scoring = contender is Contender.Sink or Contender.RawSink ? null
                   : contender is Contender.Plain or Contender.PlainLazyAcks ? Scenario.EveryEvent : scenario.Scoring,
               Rate = Median.Of(own.Select(round => round.Rate)),
               CpuMicroseconds = Median.Of(own.Select(round => round.CpuMicroseconds)),
               GeneratorCpuPercent = Median.Of(own.Select(round => round.GeneratorCpuPercent)),
               RatioToSink = Ratio(rounds, contender, Contender.Sink),
               RatioToPlain = Ratio(rounds, contender, Contender.Plain),
               RatioToPlainLazyAcks = Ratio(rounds, contender, Contender.PlainLazyAcks),
               Accounted = Array.TrueForAll(own, round => round.Accounted),
               Rounds = own,
           },
    ];

    static double? Ratio(IReadOnlyList<IReadOnlyDictionary<Contender, Round>> rounds, Contender contender, Contender other) =>
        rounds.All(round => round.ContainsKey(other)) ? Median.Of(rounds.Select(round => round[contender].Rate / round[other].Rate)) : null;

    static async Task<Round> MeasureAsync(Contender contender, Scenario scenario, ProofPlan plan, string engine, CancellationToken stop)
    {
        using var server = await Server.StartAsync(contender, scenario, engine, stop);
        await LoadRun.RunAsync(scenario.Options(server, plan.WarmUpSeconds), TextWriter.Null, colour: false, stop);
        stop.ThrowIfCancellationRequested();
        var before = server.Cpu;
        var report = await LoadRun.RunAsync(scenario.Options(server, plan.LoadSeconds), TextWriter.Null, colour: false, stop);
        var cpu = server.Cpu - before;
        stop.ThrowIfCancellationRequested();
        return new Round(report.AckedPerSecond, cpu.TotalMicroseconds / Math.Max(1, report.Acked), report.GeneratorCpuPercent, report.Passed);
    }
}

/// <summary>Computes medians.</summary>
static class Median
{
    /// <summary>Returns the median; for an even count, the mean of the middle two.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
