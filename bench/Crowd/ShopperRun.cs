using System.Globalization;
using System.Security.Cryptography;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>Compares shoppers who send an event a second, a stream each, with eight busy connections at the same rate.</summary>
static class ShopperRun
{
    const int Busy = 8;
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs both.</summary>
    /// <param name="engine">A running engine.</param>
    /// <param name="count">The number of shoppers, and of events a second.</param>
    /// <param name="time">How long to send.</param>
    /// <returns>Whether every event was acknowledged.</returns>
    public static async Task<bool> RunAsync(EngineProcess engine, int count, TimeSpan time)
    {
        // One-time costs, and the busy connections' own figures.
        var passed = await BusyAsync(engine, count, TimeSpan.FromSeconds(3), print: false);
        passed &= await BusyAsync(engine, count, time, print: true);
        passed &= await ShoppersAsync(engine, count, time);
        return passed;
    }

    static async Task<bool> BusyAsync(EngineProcess engine, int rate, TimeSpan time, bool print)
    {
        var options = new LoadOptions
        {
            Url = engine.Url,
            Metrics = engine.Metrics,
            Rate = rate,
            Connections = Busy,
            Duration = string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"),
        };
        var (cpu, resident) = (engine.Cpu, engine.ResidentBytes);
        var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, CancellationToken.None);
        if (print)
        {
            Print(Busy, engine, engine.Cpu - cpu, resident, report.Acked, report.AckLatency);
        }

        return report.Passed;
    }

    static async Task<bool> ShoppersAsync(EngineProcess engine, int count, TimeSpan time)
    {
        var before = engine.ResidentBytes;
        var target = Target.WebSocket(engine.Url, "sk_demo");
        var clients = new CrowdClient[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, i => clients[i] = CrowdClient.Open(target, reads: true));
        try
        {
            var mix = EventMix.Load(path: null, EventFormat.Json);
            var run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
            var composers = Enumerable.Range(0, count).Select(i => new EventComposer(mix, framed: true, perMessage: 1, run, i, count, carts: 100_000)).ToArray();
            var start = Clock.Now() + 50 * Clock.Millisecond;
            var schedule = new Schedule(start, count, count);
            var latency = new Durations();
            for (var i = 0; i < count; i++)
            {
                var (number, client, acked) = (i, clients[i], 0L);
                _ = client.ReadAsync(upTo =>
                {
                    lock (latency)
                    {
                        for (; acked < upTo; acked++)
                        {
                            latency.Record(Clock.Now() - schedule.DueAt(number, acked));
                        }
                    }
                });
            }

            var cpu = engine.Cpu;
            var sent = await Task.Factory.StartNew(() => Send(clients, composers, schedule, start + (long)time.TotalNanoseconds), TaskCreationOptions.LongRunning);
            for (var end = Clock.Now() + (long)s_patience.TotalNanoseconds; clients.Sum(c => c.Acked) < sent && Clock.Now() < end;)
            {
                await Task.Delay(10);
            }

            Print(count, engine, engine.Cpu - cpu, before, clients.Sum(c => c.Acked), Quantiles.Of(latency));
            return clients.Sum(c => c.Acked) == sent;
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    static long Send(CrowdClient[] clients, EventComposer[] composers, Schedule schedule, long end)
    {
        // Never set: only its waits count.
        using var pause = new ManualResetEventSlim();
        var events = 0L;
        for (var next = 0L; schedule.DueAt((int)(next % clients.Length), next / clients.Length) is var due && due < end; next++)
        {
            if (due - Clock.Now() is > Clock.Millisecond and var early)
            {
                pause.Wait(TimeSpan.FromMilliseconds(early / 1e6));
            }

            var number = (int)(next % clients.Length);
            var frame = new byte[composers[number].MaxMessageLength];
            var length = composers[number].Compose(frame, 1, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), out var count);
            clients[number].Send(() => frame.AsMemory(0, length));
            events += count;
        }

        return events;
    }

    static void Print(int connections, EngineProcess engine, TimeSpan cpu, long residentBefore, long events, Quantiles latency) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{connections,6:N0} connections: {events:N0} events, {cpu.TotalMicroseconds / events:N1} µs of the engine's CPU each; acknowledged p50 {latency.P50:N1} ms, p99 {latency.P99:N1} ms; "
            + $"engine {engine.ResidentBytes / 1e6:N0} MB, {(engine.ResidentBytes - residentBefore) / 1e6:N0} MB more, at most {engine.PeakBytes / 1e6:N0} MB"));
}
