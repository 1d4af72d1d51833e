using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Control;

/// <summary>
/// The <c>erasure</c> command: forgets one of many customers while events come in, and compares the acknowledgements' latency with that of the same
/// load before. The second figure is of the time of the erasure alone: the load ends with it.
/// </summary>
static class ErasureCommand
{
    const string Usage = "erasure --binary FILE [--customers 1000000] [--rate 50000] [--seconds 20]";

    const string WarmUp = "2s";

    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5), s_warmUp = TimeSpan.FromSeconds(2);

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>erasure</c>.</param>
    /// <returns>The exit code: 1 if the erasure took more than a minute.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary) || !TryRead("--customers", 1_000_000, out var customers)
            || !TryRead("--rate", 50_000, out var rate) || !TryRead("--seconds", 20, out var seconds))
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        try
        {
            using var engine = new EngineProcess(binary);
            await engine.StartAsync();
            using var http = await Account.SignInAdminAsync(engine);
            await EngineFill.RunAsync(engine, customers);
            Print("without", await LoadAsync(engine, customers, rate, TimeSpan.FromSeconds(seconds), CancellationToken.None));
            using var ended = new CancellationTokenSource();
            var load = LoadAsync(engine, customers, rate, s_patience, ended.Token);
            TimeSpan took;
            try
            {
                took = await ForgetAsync(http, $"u{customers / 2:d8}");
            }
            finally
            {
                await ended.CancelAsync();
            }

            Print("with", await load);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one of {customers:N0} customers was forgotten in {took.TotalSeconds:F1} s"));
            await engine.StopAsync();
            return took < TimeSpan.FromMinutes(1) ? 0 : 1;
        }
        catch (Exception failed) when (failed is LoadException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }

        bool TryRead(string name, int other, out int value) =>
            int.TryParse(values.GetValueOrDefault(name, other.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture, out value) && value > 0;
    }

    static async Task<LoadReport> LoadAsync(EngineProcess engine, int customers, int rate, TimeSpan length, CancellationToken stop)
    {
        var options = new LoadOptions { Url = engine.Url, Metrics = engine.Metrics, Rate = rate, Carts = customers, WarmUp = WarmUp, Duration = $"{length.TotalSeconds:F0}s" };
        var report = await LoadRun.RunAsync(options, TextWriter.Null, colour: false, stop);
        return report.Passed ? report : throw new LoadException("not every event was accounted for");
    }

    static async Task<TimeSpan> ForgetAsync(HttpClient http, string user)
    {
        // Once the load is measured.
        await Task.Delay(s_warmUp);
        var from = Clock.Now();
        using var body = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"/v1/gdpr/forget/{user}", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
        var request = await ReadAsync(answer, "id");
        while (Clock.Now() - from < s_patience.TotalSeconds * Clock.Second)
        {
            await Task.Delay(100);
            using var status = await http.GetAsync(new Uri($"/v1/gdpr/status/{request}", UriKind.Relative));
            status.EnsureSuccessStatusCode();
            if (await ReadAsync(status, "state") is var state && state is "completed" or "failed")
            {
                return state == "completed" ? TimeSpan.FromMicroseconds((Clock.Now() - from) / 1000.0) : throw new LoadException("the erasure failed");
            }
        }

        throw new LoadException($"the erasure was not completed within {s_patience.TotalMinutes:N0} min");
    }

    static async Task<string> ReadAsync(HttpResponseMessage answer, string name)
    {
        using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return json.RootElement.GetProperty(name).GetString()!;
    }

    static void Print(string name, LoadReport report) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{name}: {report.AckedPerSecond:N0} events/s, p50 {Of(report.AckLatency.P50)}, p99 {Of(report.AckLatency.P99)}, p99.9 {Of(report.AckLatency.P999)}"));

    static string Of(double milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F2} ms");
}
