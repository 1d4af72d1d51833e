using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Outbox;

/// <summary>
/// The <c>outbox</c> command: measures interventions per second through policy, database and a webhook sink to a receiver on this machine.
/// Each event triggers one, in its own cart.
/// </summary>
static class OutboxCommand
{
    const string Usage = "outbox --binary FILE [--count 200000] [--perRequest 1]";
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>outbox</c>.</param>
    /// <returns>The exit code: 0 if every intervention arrived.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary)
            || !int.TryParse(values.GetValueOrDefault("--count", "200000"), CultureInfo.InvariantCulture, out var count) || count < 1
            || !int.TryParse(values.GetValueOrDefault("--perRequest", "1"), CultureInfo.InvariantCulture, out var perRequest)
            || perRequest < 1)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        try
        {
            using var hook = new HookServer();
            using var engine = new EngineProcess(binary,
                "{ name: outbox, trigger: { event: add_to_cart }, action: { type: reminder }, channel: hook, message: \"{{item_count}} for {{cart_value}} {{currency}}\" }",
                [$"sinks: {{ console: {{ type: console }}, hook: {{ type: webhook, url: \"http://127.0.0.1:{hook.Port}/\", "
                    + "secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, "
                    // An engine of an earlier version does not know the option.
                    + (perRequest == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"perRequest: {perRequest}, "))
                    + "batch: 256, batchAge: 5ms, maxInFlight: 4, queue: 100000 } }"]);
            await engine.StartAsync();
            var before = engine.Cpu;
            var watch = Stopwatch.StartNew();
            await SendAsync(engine, count).ContinueWith(sending => sending.IsFaulted
                ? throw new LoadException($"{sending.Exception!.InnerException!.Message}\n{engine.Log}") : sending, TaskScheduler.Default).Unwrap();
            var sent = watch.Elapsed;
            while (hook.Ids < count && watch.Elapsed < s_patience)
            {
                await Task.Delay(5);
            }

            var (took, cpu) = (watch.Elapsed, engine.Cpu - before);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                {count:N0} events, an intervention each, acknowledged in {sent.TotalSeconds:F2} s
                {hook.Ids:N0} interventions at the receiver ({hook.Posts:N0} posts) in {took.TotalSeconds:F2} s: {hook.Ids / took.TotalSeconds:N0} a second
                {cpu.TotalMicroseconds / count:F1} µs of the engine's processor time each
                """));
            await engine.StopAsync();
            return hook.Ids == count ? 0 : 1;
        }
        catch (LoadException failed)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    // At full rate over one connection, until the last event is acknowledged.
    static async Task SendAsync(EngineProcess engine, int count)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", engine.StreamPort);
        await using var stream = client.GetStream();
        await stream.WriteAsync("{\"key\":\"sk_demo\"}\n"u8.ToArray());
        var acknowledged = AwaitAsync(stream, count);
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var lines = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            lines.Append(CultureInfo.InvariantCulture,
                $"{{\"id\":\"o{i}\",\"type\":\"add_to_cart\",\"cartId\":\"outbox-{i}\",\"productId\":\"p{i % 100}\",\"quantity\":1,\"price\":9.99,\"ts\":{at}}}\n");
            if (lines.Length > 60_000 || i == count - 1)
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()));
                lines.Clear();
            }
        }

        await acknowledged.WaitAsync(s_patience);
    }

    static async Task AwaitAsync(NetworkStream stream, int count)
    {
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Contains("\"error\"", StringComparison.Ordinal))
            {
                throw new LoadException(line);
            }

            if (line.Contains($"\"upTo\":{count}", StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new LoadException("the engine closed the connection");
    }
}
