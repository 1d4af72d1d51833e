using System.Globalization;
using System.Runtime.CompilerServices;
using CartRecovery.Bench.Load;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Bench.Proof;

/// <summary>
/// Measures the cost of an event with growing numbers of carts, finally beyond the memory for their records. The load cycles through the
/// carts, so that it always hits the least recently used ones: those on disk once memory is exceeded.
/// </summary>
static class CartsRun
{
    // Does not wait for the last few, because connections finish the cycle at different times.
    const double Enough = 0.99;

    /// <summary>Measures the points.</summary>
    /// <param name="plan">The points and durations.</param>
    /// <param name="binary">The engine's executable.</param>
    /// <param name="output">Receives progress.</param>
    /// <param name="stop">Stops the measurement.</param>
    public static async Task<IReadOnlyList<CartsRow>> RunAsync(ProofPlan plan, string binary, TextWriter output, CancellationToken stop)
    {
        await output.WriteLineAsync($"carts, with {plan.CartMemory.Text} of memory for their records");
        var rows = new List<CartsRow>();
        foreach (var carts in plan.Carts)
        {
            using var engine = await EngineServer.StartAsync(new EngineProcess(binary, $"memory: {{ carts: {plan.CartMemory.Text}, customers: 128MB }}"));
            var (made, took) = await FillAsync(engine, carts, plan, stop);
            var before = engine.Cpu;
            var report = await LoadRun.RunAsync(Options(engine, carts, plan.LoadSeconds), TextWriter.Null, colour: false, stop);
            var cpu = engine.Cpu - before;
            stop.ThrowIfCancellationRequested();
            rows.Add(new CartsRow(made, (double)made * Unsafe.SizeOf<CartRecord>(), plan.CartMemory.Bytes, took.TotalSeconds, report.AckedPerSecond,
                cpu.TotalMicroseconds / Math.Max(1, report.Acked), report.Engine!.ResidentBytesAtEnd, report.Passed));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"  {made,10:N0} carts, created in {took.TotalSeconds:F0} s  {report.AckedPerSecond,11:N0} events/s{(report.Passed ? "" : "  NOT ALL ACCOUNTED FOR")}"));
        }

        return rows;
    }

    // At full rate until the engine has created them or time is up.
    static async Task<(long Made, TimeSpan Took)> FillAsync(EngineServer engine, int carts, ProofPlan plan, CancellationToken stop)
    {
        var begun = Clock.Now();
        using var client = new HttpClient();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var load = LoadRun.RunAsync(Options(engine, carts, plan.MaxFillSeconds), TextWriter.Null, colour: false, enough.Token);
        while (!load.IsCompleted)
        {
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromMilliseconds(200), stop));
            if (await MadeAsync(client, engine, stop) >= carts * Enough)
            {
                await enough.CancelAsync();
            }
        }

        if (!(await load).Passed)
        {
            throw new LoadException("not every event was accounted for while the carts were created");
        }

        return ((long)await MadeAsync(client, engine, stop), TimeSpan.FromMicroseconds((Clock.Now() - begun) / 1e3));
    }

    static async Task<double> MadeAsync(HttpClient client, EngineServer engine, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return MetricsPage.Parse(await client.GetStringAsync(new Uri(engine.Metrics), stop)).Sum("cartrecovery_carts_created_total");
    }

    static LoadOptions Options(EngineServer engine, int carts, double seconds) => new()
    {
        Url = engine.Url,
        Metrics = engine.Metrics,
        Rate = 0,
        Carts = carts,
        Duration = FormattableString.Invariant($"{seconds:F1}s"),
        Drain = "60s",
    };
}
