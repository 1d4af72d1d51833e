using System.Globalization;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>Each contender flat out, in turns, so that what else the machine does falls on all of them; and ratios within a turn.</summary>
static class ThroughputRun
{
    /// <summary>Measures a scenario.</summary>
    /// <param name="scenario">Which.</param>
    /// <param name="plan">How long.</param>
    /// <param name="engine">The engine's executable.</param>
    /// <param name="output">Progress, for people.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<IReadOnlyList<ThroughputRow>> RunAsync(
        Scenario scenario, ProofPlan plan, string engine, TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync($"{scenario.Format} over {scenario.Transport}, {scenario.Connections} connections, {scenario.PerMessage} a message");
        var turns = new List<IReadOnlyDictionary<Contender, Turn>>();
        for (var turn = 1; turn <= plan.Turns; turn++)
        {
            var results = new Dictionary<Contender, Turn>();
            foreach (var contender in scenario.Contenders)
            {
                var result = await MeasureAsync(contender, scenario, plan, engine, stop);
                results.Add(contender, result);
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"  turn {turn}  {contender,-15} {result.Rate,11:N0} events/s  {result.CpuMicroseconds,6:F2} µs of CPU an event{(result.Accounted ? "" : "  NOT ALL ACCOUNTED FOR")}"));
            }

            turns.Add(results);
        }

        return Rows(scenario, turns);
    }

    /// <summary>What the turns come to.</summary>
    /// <param name="scenario">Which was measured.</param>
    /// <param name="turns">Each contender's result in each turn.</param>
    public static IReadOnlyList<ThroughputRow> Rows(Scenario scenario, IReadOnlyList<IReadOnlyDictionary<Contender, Turn>> turns) =>
    [
        .. from contender in scenario.Contenders
           let own = turns.Select(turn => turn[contender]).ToArray()
           select new ThroughputRow
           {
               Contender = contender,
               Format = scenario.Format,
               Transport = scenario.Transport,
               Connections = scenario.Connections,
               PerMessage = scenario.PerMessage,
               Scoring = contender is Contender.Sink or Contender.RawSink ? null
                   : contender is Contender.Plain or Contender.PlainLazyAcks ? Scenario.EveryEvent : scenario.Scoring,
               Rate = Median.Of(own.Select(turn => turn.Rate)),
               CpuMicroseconds = Median.Of(own.Select(turn => turn.CpuMicroseconds)),
               GeneratorCpuPercent = Median.Of(own.Select(turn => turn.GeneratorCpuPercent)),
               RatioToSink = Ratio(turns, contender, Contender.Sink),
               RatioToPlain = Ratio(turns, contender, Contender.Plain),
               RatioToPlainLazyAcks = Ratio(turns, contender, Contender.PlainLazyAcks),
               Accounted = Array.TrueForAll(own, turn => turn.Accounted),
               Turns = own,
           },
    ];

    static double? Ratio(IReadOnlyList<IReadOnlyDictionary<Contender, Turn>> turns, Contender contender, Contender other) =>
        turns.All(turn => turn.ContainsKey(other)) ? Median.Of(turns.Select(turn => turn[contender].Rate / turn[other].Rate)) : null;

    static async Task<Turn> MeasureAsync(Contender contender, Scenario scenario, ProofPlan plan, string engine, CancellationToken stop)
    {
        using var server = await Server.StartAsync(contender, scenario, engine, stop);
        await LoadRun.RunAsync(scenario.Options(server, plan.WarmUpSeconds), TextWriter.Null, colour: false, stop);
        stop.ThrowIfCancellationRequested();
        var before = server.Cpu;
        var report = await LoadRun.RunAsync(scenario.Options(server, plan.LoadSeconds), TextWriter.Null, colour: false, stop);
        var cpu = server.Cpu - before;
        stop.ThrowIfCancellationRequested();
        return new Turn(report.AckedPerSecond, cpu.TotalMicroseconds / Math.Max(1, report.Acked), report.GeneratorCpuPercent, report.Passed);
    }
}

/// <summary>The middle one of some numbers.</summary>
static class Median
{
    /// <summary>Of an even count, the mean of the middle two.</summary>
    public static double Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
