using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Proof;

/// <summary>Measures decision, acknowledgement and popup latency of the durable engine at a moderate rate.</summary>
static class LatencyRun
{
    const int Rate = 50_000;
    const long PopupInterval = 5 * Clock.Millisecond;
    const long Lead = Clock.Second / 2;

    sealed record One(Quantiles Decided, Quantiles Ack, Quantiles Popup, Quantiles SendDelay, int Popups, int Missing, double Cpu, bool Held);

    /// <summary>Runs the measurement.</summary>
    /// <param name="plan">Durations and rounds.</param>
    /// <param name="binary">The engine's executable.</param>
    /// <param name="output">Receives progress.</param>
    /// <param name="stop">Stops the measurement.</param>
    public static async Task<LatencyResult> RunAsync(ProofPlan plan, string binary, TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync($"latency at {Rate} events/s, with popups");
        var rounds = new List<One>();
        for (var round = 1; round <= plan.Rounds; round++)
        {
            var one = await MeasureAsync(plan, binary, stop);
            rounds.Add(one);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"  round {round}  decided p99 {one.Decided.P99:F2} ms, popup p99 {one.Popup.P99:F2} ms, {one.Cpu:F1}% of the cores{(one.Held ? "" : "  NOT HELD")}"));
        }

        return new LatencyResult(Rate, Medians(rounds, one => one.Decided), Medians(rounds, one => one.Ack), Medians(rounds, one => one.Popup),
            Medians(rounds, one => one.SendDelay), rounds.Sum(one => one.Popups), rounds.Sum(one => one.Missing), Median.Of(rounds.Select(one => one.Cpu)),
            rounds.TrueForAll(one => one.Held));
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

        // The load generator does not count the probe's events.
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

    static Quantiles Medians(List<One> rounds, Func<One, Quantiles> of)
    {
        double At(Func<Quantiles, double> quantile) => Median.Of(rounds.Select(round => quantile(of(round))));
        return new Quantiles(At(q => q.P50), At(q => q.P90), At(q => q.P99), At(q => q.P999),
            rounds.TrueForAll(round => of(round).Max is not null) ? rounds.Max(round => of(round).Max) : null);
    }
}
