using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>The engine, durable, at a rate that it is to bear with ease: how long a decision, an acknowledgement and a popup take.</summary>
static class LatencyRun
{
    const int Rate = 50_000;
    const long PopupInterval = 5 * Clock.Millisecond;
    const long Lead = Clock.Second / 2;

    sealed record One(Quantiles Decided, Quantiles Ack, Quantiles Popup, Quantiles SendDelay, int Popups, int Missing, double Cpu, bool Held);

    /// <summary>Measures it.</summary>
    /// <param name="plan">How long and how often.</param>
    /// <param name="binary">The engine's executable.</param>
    /// <param name="output">Progress, for people.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<LatencyResult> RunAsync(ProofPlan plan, string binary, TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync($"latency at {Rate} events/s, and of popups beside it");
        var turns = new List<One>();
        for (var turn = 1; turn <= plan.Turns; turn++)
        {
            var one = await MeasureAsync(plan, binary, stop);
            turns.Add(one);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"  turn {turn}  decided p99 {one.Decided.P99:F2} ms, popup p99 {one.Popup.P99:F2} ms, {one.Cpu:F1}% of the cores{(one.Held ? "" : "  NOT HELD")}"));
        }

        return new LatencyResult(Rate, Medians(turns, one => one.Decided), Medians(turns, one => one.Ack), Medians(turns, one => one.Popup),
            Medians(turns, one => one.SendDelay), turns.Sum(one => one.Popups), turns.Sum(one => one.Missing), Median.Of(turns.Select(one => one.Cpu)),
            turns.TrueForAll(one => one.Held));
    }

    static async Task<One> MeasureAsync(ProofPlan plan, string binary, CancellationToken stop)
    {
        using var engine = await EngineServer.StartAsync(new EngineProcess(binary, PopupProbe.Campaign, []));
        await LoadRun.RunAsync(Options(engine, plan.WarmUpSeconds), TextWriter.Null, colour: false, stop);
        stop.ThrowIfCancellationRequested();

        var options = Options(engine, plan.LatencySeconds);
        var popups = (int)((plan.LatencySeconds - 1) * Clock.Second / PopupInterval);
        using var probe = new PopupProbe(Target.WebSocket(engine.Url, options.Key).Connect(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
            Clock.Now() + Lead, PopupInterval, popups, Clock.Second);
        probe.Start();
        var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, stop);
        stop.ThrowIfCancellationRequested();
        probe.Wait();
        if (probe.Failure is { } failure)
        {
            throw new LoadException(failure);
        }

        // What the probe sent, the load generator does not know of.
        var lost = report.Engine!.Lost + Math.Max(0, report.Engine.Surplus - probe.Sent);
        return new One(report.Engine.Latency!, report.AckLatency, Quantiles.Of(probe.Latency), Quantiles.Of(probe.SendDelay), probe.Sent, probe.Missing,
            report.Engine.CpuPercent / Environment.ProcessorCount,
            lost == 0 && report.Unacknowledged == 0 && report.Failures.Count == 0 && report.Sent >= report.Scheduled * 0.99);
    }

    static LoadOptions Options(EngineServer engine, double seconds) => new()
    {
        Url = engine.Url,
        Metrics = engine.Metrics,
        Rate = Rate,
        Duration = FormattableString.Invariant($"{seconds:F1}s"),
    };

    static Quantiles Medians(List<One> turns, Func<One, Quantiles> of)
    {
        double At(Func<Quantiles, double> quantile) => Median.Of(turns.Select(turn => quantile(of(turn))));
        return new Quantiles(At(q => q.P50), At(q => q.P90), At(q => q.P99), At(q => q.P999),
            turns.TrueForAll(turn => of(turn).Max is not null) ? turns.Max(turn => of(turn).Max) : null);
    }
}
