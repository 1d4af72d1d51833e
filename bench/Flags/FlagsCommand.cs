using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Bench.Load;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Flags;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Bench.Flags;

/// <summary>
/// The <c>flags</c> command: evaluations of feature flags a second, in this process and by OFREP over HTTP, one flag and ten flags a request. Every kind of
/// answer is checked before it is timed.
/// </summary>
static class FlagsCommand
{
    const int Count = 10, Keys = 4096;
    const string Context = """{"context":{"targetingKey":"customer-KEY","plan":"gold","country":"NL"}}""";

    const string Definition = """
        {"type":"string","variants":{"a":"red","b":"blue"},"defaultVariant":"a","visibleToClients":true,
         "rules":[{"variant":"b","conditions":[{"attribute":"plan","equals":"free"}]},
                  {"variant":"b","percentage":50,"conditions":[{"attribute":"country","in":["BE","NL","LU"]}]}]}
        """;

    const string Usage = "flags --binary FILE [--connections 8] [--seconds 5]";

    /// <summary>Runs it.</summary>
    /// <param name="args">What follows <c>flags</c>.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var values = args.Chunk(2).Where(a => a.Length == 2).ToDictionary(a => a[0], a => a[1], StringComparer.Ordinal);
        if (!values.TryGetValue("--binary", out var binary)
            || !int.TryParse(values.GetValueOrDefault("--connections", "8"), CultureInfo.InvariantCulture, out var connections) || connections is < 1 or > 256
            || !int.TryParse(values.GetValueOrDefault("--seconds", "5"), CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > 600)
        {
            await Console.Error.WriteLineAsync($"Usage: {Usage}");
            return 2;
        }

        try
        {
            EvaluateHere(seconds);
            using var engine = new EngineProcess(binary);
            await engine.StartAsync();
            using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = connections }) { BaseAddress = new Uri($"http://127.0.0.1:{engine.HttpPort}") };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk_demo");
            for (var i = 0; i < Count; i++)
            {
                using var answer = await http.PutAsync(new Uri($"/v1/feature-flags/flag-{i}", UriKind.Relative), ContentOf(Encoding.UTF8.GetBytes(Definition)));
                answer.EnsureSuccessStatusCode();
            }

            await AskAsync(engine, http, "/ofrep/v1/evaluate/flags/flag-7", 1, connections, seconds);
            await AskAsync(engine, http, "/ofrep/v1/evaluate/flags", Count, connections, seconds);
            return 0;
        }
        catch (Exception failed) when (failed is LoadException or SocketException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync(failed.Message);
            return 1;
        }
    }

    // One thread: the context is parsed and ten flags are evaluated, as for a request.
    static void EvaluateHere(int seconds)
    {
        var definition = JsonSerializer.Deserialize(Definition, FlagsJson.Default.FlagDefinition)!;
        FeatureFlag[] flags = [.. Enumerable.Range(0, Count).Select(i => new FeatureFlag("demo", $"flag-{i}", definition, $"salt-{i}", "v", DateTimeOffset.UnixEpoch, "bench"))];
        var segments = new None();
        var (evaluations, inB, until) = (0L, 0L, Clock.Now() + (seconds * Clock.Second));
        var bodies = Bodies();
        while (Clock.Now() < until)
        {
            foreach (var body in bodies)
            {
                using var document = JsonDocument.Parse(body);
                var context = document.RootElement.GetProperty("context"u8);
                var subject = new TargetingSubject(context.GetProperty("targetingKey"u8).GetString(), context);
                foreach (var flag in flags)
                {
                    inB += flag.Evaluate("demo", subject, segments) is { Variant: "b", Reason: FlagReason.Split } ? 1 : 0;
                }

                evaluations += flags.Length;
            }
        }

        Check(inB / (double)evaluations is > 0.48 and < 0.52, $"half of the customers see b, not {inB} of {evaluations}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"in process, one thread, {Count} flags a context: {evaluations / (double)seconds:N0} evaluations/s"));
    }

    static async Task AskAsync(EngineProcess engine, HttpClient http, string path, int flags, int connections, int seconds)
    {
        var bodies = Bodies();
        var sizes = new int[Keys];
        for (var i = 0; i < Keys; i += 64)
        {
            sizes[i] = CheckAnswer(await PostAsync(http, path, bodies[i]), flags);
        }

        var (cpu, began) = (engine.Cpu, Clock.Now());
        var until = began + (seconds * Clock.Second);
        var counts = await Task.WhenAll(Enumerable.Range(0, connections).Select(async worker =>
        {
            var requests = 0L;
            for (var i = worker * 64 % Keys; Clock.Now() < until; i = (i + 1) % Keys, requests++)
            {
                var answer = await PostAsync(http, path, bodies[i]);
                Check(sizes[i] == 0 || sizes[i] == answer.Length, "an answer differs from the one that was checked");
            }

            return requests;
        }));
        var (sum, took) = (counts.Sum(), (Clock.Now() - began) / (double)Clock.Second);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"OFREP over HTTP, {connections} connections, {flags} flags a request: {sum / took:N0} requests/s, {sum * flags / took:N0} evaluations/s; ")
            + string.Create(CultureInfo.InvariantCulture, $"{(engine.Cpu - cpu).TotalMicroseconds / sum:F0} µs of the engine's processor time a request"));
    }

    static async Task<byte[]> PostAsync(HttpClient http, string path, byte[] body)
    {
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), ContentOf(body));
        Check(answer.IsSuccessStatusCode, $"{path} answered {(int)answer.StatusCode}");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    static int CheckAnswer(byte[] answer, int flags)
    {
        using var json = JsonDocument.Parse(answer);
        JsonElement[] values = flags == 1 ? [json.RootElement] : [.. json.RootElement.GetProperty("flags").EnumerateArray()];
        Check(values.Length == flags, $"{values.Length} flags instead of {flags}");
        foreach (var value in values)
        {
            Check((value.GetProperty("reason").GetString(), value.GetProperty("variant").GetString(), value.GetProperty("value").GetString())
                is ("SPLIT", "b", "blue") or ("DEFAULT", "a", "red"), $"a wrong answer: {value}");
        }

        return answer.Length;
    }

    static byte[][] Bodies() => [.. Enumerable.Range(0, Keys).Select(i => Encoding.UTF8.GetBytes(Context.Replace("KEY", i.ToString("d5", CultureInfo.InvariantCulture), StringComparison.Ordinal)))];

    static ByteArrayContent ContentOf(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    static void Check(bool holds, string problem)
    {
        if (!holds)
        {
            throw new LoadException(problem);
        }
    }

    sealed class None : IDefinitions<SegmentDefinition>
    {
        public SegmentDefinition? Find(string store, string name) => null;
    }
}
