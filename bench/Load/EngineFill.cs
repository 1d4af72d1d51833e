using System.Globalization;

namespace CartRecovery.Bench.Load;

/// <summary>Fills an engine with carts at full rate. Each cart has a customer of its own.</summary>
static class EngineFill
{
    // The log has four events per session and each run restarts it, so this many events create all carts.
    const long EventsACart = 6;

    /// <summary>Sends until the carts exist.</summary>
    /// <returns>The acknowledged events.</returns>
    /// <exception cref="LoadException">An event was lost.</exception>
    public static Task<long> RunAsync(EngineProcess engine, int carts) => RunAsync(engine, carts, carts * EventsACart);

    /// <summary>Sends until that many events are acknowledged: one second to measure the rate, then the others in one run.</summary>
    /// <returns>The acknowledged events: at least <paramref name="events"/>.</returns>
    /// <exception cref="LoadException">An event was lost.</exception>
    public static async Task<long> RunAsync(EngineProcess engine, int carts, long events)
    {
        var acknowledged = 0L;
        var duration = 1.0;
        while (acknowledged < events)
        {
            var options = new LoadOptions
            {
                Url = engine.Url,
                Metrics = engine.Metrics,
                Rate = 0,
                Carts = carts,
                Duration = string.Create(CultureInfo.InvariantCulture, $"{duration:F1}s"),
            };
            var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, CancellationToken.None);
            if (!report.Passed)
            {
                throw new LoadException("not every event was accounted for");
            }

            acknowledged += report.Acked;
            duration = Math.Clamp((events - acknowledged) / (report.Acked / report.Seconds), 1, 600);
        }

        using var client = new HttpClient();
        var page = MetricsPage.Parse(await client.GetStringAsync(new Uri(engine.Metrics)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{acknowledged:N0} events acknowledged, {page.Sum("cartrecovery_carts_created_total"):N0} carts created"));
        return acknowledged;
    }
}
