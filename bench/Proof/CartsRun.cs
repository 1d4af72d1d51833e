using System.Globalization;
using System.Runtime.CompilerServices;
using CartRecovery.Bench.Load;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Bench.Proof;

/// <summary>
/// What an event costs with more and more carts, the last of them past the memory that their records are given. The load comes to the carts in a
/// circle, so that what is measured falls on those that were not touched for longest: where they do not fit, on those on the disk.
/// </summary>
static class CartsRun
{
    // The last few are not worth waiting for: a circle does not close at once on every connection.
    const double Enough = 0.99;

    /// <summary>Measures the points.</summary>
    /// <param name="plan">Which, and how long.</param>
    /// <param name="binary">The engine's executable.</param>
    /// <param name="output">Progress, for people.</param>
    /// <param name="stop">Ends it.</param>
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
                $"  {made,10:N0} carts, made in {took.TotalSeconds:F0} s  {report.AckedPerSecond,11:N0} events/s{(report.Passed ? "" : "  NOT ALL ACCOUNTED FOR")}"));
        }

        return rows;
    }

    // Flat out until the engine says that it has them, or the time is up.
    static async Task<(long Made, TimeSpan Took)> FillAsync(EngineServer engine, int carts, ProofPlan plan, CancellationToken stop)
    {
        var begun = Clock.Now();
        using var client = new HttpClient();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var load = LoadRun.RunAsync(Options(engine, carts, plan.MostFillSeconds), TextWriter.Null, colour: false, enough.Token);
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
            throw new LoadException("not every event was accounted for while the carts were made");
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
