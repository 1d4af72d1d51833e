using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Idle;

/// <summary>
/// The <c>idle</c> command: measures the cost of idle WebSockets. Starts an engine, opens connections in steps, holds each step for several
/// heartbeats, and reports memory per connection above the engine's baseline.
/// </summary>
static class IdleCommand
{
    // A local address has about 28,000 ports, and a port stays in use for a while after its connection ends.
    const int PerAddress = 4_000;

    // Concurrent connects.
    const int AtOnce = 1_024;

    // Cart memory is not counted as connection memory.
    const int Carts = 100;

    const string Usage = """
        idle --binary FILE [--connections 5000,10000,19000] [--heartbeat 5s] [--port stream|http] [--spoken true] [--rate 0]
          --spoken true: each has sent one event; --rate N: so many events a second flow on eight other connections while those of the last step come in
        """;

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>idle</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        var steps = Steps(values.GetValueOrDefault("--connections", "5000,10000,19000"));
        if (!values.TryGetValue("--binary", out var binary) || steps.Count == 0
            || !int.TryParse(values.GetValueOrDefault("--rate", "0"), CultureInfo.InvariantCulture, out var rate))
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        var heartbeat = values.GetValueOrDefault("--heartbeat", "5s");
        try
        {
            using var engine = new EngineProcess(binary, $"  heartbeat: {heartbeat}", $"  maxConnections: {steps[^1] + 64}");
            await engine.StartAsync();
            var url = values.GetValueOrDefault("--port", "stream") == "http" ? engine.Url.Replace($":{engine.StreamPort}", $":{engine.HttpPort}", StringComparison.Ordinal) : engine.Url;
            using var run = new IdleRun(engine, Target.WebSocket(url, "sk_demo"), values.ContainsKey("--spoken"));
            return await run.RunAsync(steps, LoadOptions.ParseDuration(heartbeat), rate) ? 0 : 1;
        }
        catch (Exception failed) when (failed is LoadException or SocketException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    static List<int> Steps(string text)
    {
        var steps = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, CultureInfo.InvariantCulture, out var step) || step <= (steps.Count == 0 ? 0 : steps[^1]))
            {
                return [];
            }

            steps.Add(step);
        }

        return steps;
    }

    /// <summary>One run.</summary>
    sealed class IdleRun(EngineProcess engine, Target target, bool spoken) : IDisposable
    {
        readonly List<IdleClient> _clients = [];
        readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

        public void Dispose()
        {
            _clients.ForEach(client => client.Dispose());
            _http.Dispose();
        }

        public async Task<bool> RunAsync(List<int> steps, TimeSpan heartbeat, int rate)
        {
            // One-time allocations at the first connection are not counted as connection memory.
            await OpenAsync(100);
            await Task.Delay(2 * heartbeat);
            var first = await ScrapeAsync();
            var from = _clients.Count;
            var passed = true;
            foreach (var step in steps)
            {
                var load = rate > 0 && step == steps[^1] ? LoadAsync(heartbeat, rate) : Task.CompletedTask;
                var opening = Clock.Now();
                await OpenAsync(step);
                var opened = (Clock.Now() - opening) / (double)Clock.Second;
                await Task.Delay(heartbeat);
                var (begin, pings, at) = (await ScrapeAsync(), _clients.Sum(c => c.Pings), Clock.Now());
                await Task.Delay(3 * heartbeat);
                await load;
                var seconds = (Clock.Now() - at) / (double)Clock.Second;
                var end = await ScrapeAsync();
                var ended = _clients.Count(c => c.Ended);
                passed &= ended == 0 && _clients.TrueForAll(c => c.Pings > 1);
                Say(string.Create(CultureInfo.InvariantCulture, $"{step,7:N0} idle: {(end.ResidentBytes - first.ResidentBytes) / (step - from),8:N0} bytes each; engine {end.ResidentBytes / 1e6:N0} MB, "
                    + $"{(end.CpuSeconds - begin.CpuSeconds) / seconds * 100:N1}% of a core; {(_clients.Sum(c => c.Pings) - pings) / seconds:N0} pings/s answered; "
                    + $"opened in {opened:N1} s; {ended} ended"));
            }

            return passed;
        }

        // During the burst of the last connections and through two heartbeats.
        async Task LoadAsync(TimeSpan heartbeat, int rate)
        {
            var options = new LoadOptions { Url = engine.Url, Metrics = engine.Metrics, Rate = rate, Duration = string.Create(CultureInfo.InvariantCulture, $"{3 * heartbeat.TotalSeconds:F0}s") };
            await Task.Yield();
            var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, CancellationToken.None);
            Say(string.Create(CultureInfo.InvariantCulture, $"meanwhile {report.AckedPerSecond:N0} events/s acknowledged, p50 {report.AckLatency.P50:N1} ms, p99 {report.AckLatency.P99:N1} ms; "
                + $"received to decided p99 {report.Engine?.Latency?.P99:N1} ms; "
                + $"{(report.Passed ? "none lost" : "NOT ALL ACCOUNTED FOR")}"));
        }

        async Task OpenAsync(int count)
        {
            using var gate = new SemaphoreSlim(AtOnce);
            var opening = new List<Task<IdleClient>>();
            for (var i = _clients.Count; i < count; i++)
            {
                opening.Add(OpenOneAsync(i, gate));
            }

            foreach (var client in await Task.WhenAll(opening))
            {
                _clients.Add(client);
                _ = client.StayAsync();
            }
        }

        async Task<IdleClient> OpenOneAsync(int number, SemaphoreSlim gate)
        {
            await gate.WaitAsync();
            try
            {
                return await IdleClient.OpenAsync(new IPAddress([127, 0, 1, (byte)(1 + (number / PerAddress))]), target, spoken ? Event(number) : default);
            }
            finally
            {
                gate.Release();
            }
        }

        static byte[] Event(int number)
        {
            var json = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $$"""{"id":"{{Guid.NewGuid():N}}","type":"page_view","cartId":"idle-{{number % Carts}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}"""));
            var frame = new byte[Frames.MaxHeaderLength + json.Length];
            var head = Frames.WriteHeader(frame, Frames.Text, json.Length, mask: 0);
            json.CopyTo(frame, head);
            return frame[..(head + json.Length)];
        }

        async Task<MetricsPage> ScrapeAsync() => MetricsPage.Parse(await _http.GetStringAsync(new Uri(engine.Metrics)));

        static void Say(string line) => Console.WriteLine(line);
    }
}
