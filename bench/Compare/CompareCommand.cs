using System.Globalization;
using CartRecovery.Bench.Load;
using CartRecovery.Bench.Proof;

namespace CartRecovery.Bench.Compare;

/// <summary>
/// The <c>compare</c> command: two builds of the engine under the same load, in turns, so that other activity affects both. Prints the ratios
/// within the rounds: their median and range.
/// </summary>
static class CompareCommand
{
    const string Usage = "compare --before FILE --after FILE [--rounds 5] [--seconds 4]";

    static readonly Scenario[] s_scenarios = [Only(Scenario.Json, Scenario.WebSocket, 1), Only(Scenario.MessagePack, Scenario.Tcp, 100)];

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>compare</c>.</param>
    /// <returns>The exit code: 0 if every event was accounted for.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--before", out var before) || !values.TryGetValue("--after", out var after)
            || !int.TryParse(values.GetValueOrDefault("--rounds", "5"), CultureInfo.InvariantCulture, out var rounds) || rounds is < 1 or > 100
            || !int.TryParse(values.GetValueOrDefault("--seconds", "4"), CultureInfo.InvariantCulture, out var seconds) || seconds is < 2 or > 600)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        using var cancel = new CancellationTokenSource();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            cancel.Cancel();
        };
        var plan = ProofPlan.Full with { Rounds = 1, LoadSeconds = seconds, LatencySeconds = seconds };
        var measured = new List<(Measured Before, Measured After)>();
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                // The first of a round takes turns too.
                var first = await MeasureAsync(round % 2 == 1 ? before : after, plan, cancel.Token);
                var second = await MeasureAsync(round % 2 == 1 ? after : before, plan, cancel.Token);
                measured.Add(round % 2 == 1 ? (first, second) : (second, first));
                Console.WriteLine($"round {round}  before {measured[^1].Before}");
                Console.WriteLine($"{new string(' ', $"round {round}".Length)}  after  {measured[^1].After}");
            }
        }
        catch (LoadException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 1;
        }

        Print("JSON events/s", measured, m => m.Json);
        Print("MessagePack events/s", measured, m => m.MessagePack);
        Print("processor time an event, JSON", measured, m => m.Cpu);
        Print("acknowledged, p99", measured, m => m.Latency.Ack.P99);
        Print("event to popup, p99", measured, m => m.Latency.Popup.P99);
        return measured.TrueForAll(m => m.Before.Accounted && m.After.Accounted) ? 0 : 1;
    }

    static Scenario Only(string format, string transport, int perMessage) =>
        new(format, transport, 8, perMessage, Scenario.EveryEvent, [], [Contender.Engine]);

    static async Task<Measured> MeasureAsync(string binary, ProofPlan plan, CancellationToken stop)
    {
        var json = (await ThroughputRun.RunAsync(s_scenarios[0], plan, binary, TextWriter.Null, stop))[0];
        var packed = (await ThroughputRun.RunAsync(s_scenarios[1], plan, binary, TextWriter.Null, stop))[0];
        var latency = await LatencyRun.RunAsync(plan, binary, TextWriter.Null, stop);
        return new Measured(json.Rate, packed.Rate, json.CpuMicroseconds, latency, json.Accounted && packed.Accounted && latency.Held);
    }

    static void Print(string what, List<(Measured Before, Measured After)> rounds, Func<Measured, double> of)
    {
        var ratios = rounds.ConvertAll(round => of(round.After) / of(round.Before));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-30} before {Median.Of(rounds.Select(r => of(r.Before))),11:N2}  after {Median.Of(rounds.Select(r => of(r.After))),11:N2}  "
                + $"ratio {Median.Of(ratios):F3} ({ratios.Min():F3}-{ratios.Max():F3})"));
    }

    sealed record Measured(double Json, double MessagePack, double Cpu, LatencyResult Latency, bool Accounted)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Json,11:N0} JSON events/s, {MessagePack,11:N0} MessagePack, acknowledged p99 {Latency.Ack.P99:F1} ms, popup p99 {Latency.Popup.P99:F1} ms{(Accounted ? "" : "  NOT ALL ACCOUNTED FOR")}");
    }
}
