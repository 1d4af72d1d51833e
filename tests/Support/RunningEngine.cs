using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Bench.Load;

namespace CartRecovery.Tests.Support;

/// <summary>A <c>cartrecovery run</c> that is listening.</summary>
sealed partial class RunningEngine : IAsyncDisposable
{
    readonly EngineOutput _process;

    RunningEngine(EngineOutput process, string startupOutput)
    {
        _process = process;
        StartupOutput = startupOutput;
        Http = new HttpClient { BaseAddress = new Uri(HttpAddress().Match(startupOutput).Groups["address"].Value), Timeout = EngineBinary.Deadline };
        Http.DefaultRequestHeaders.Add("X-Api-Key", EngineConfig.SecretKey);
        Stream = new Uri(StreamAddress().Match(startupOutput).Groups["address"].Value);
    }

    /// <summary>Its output at startup.</summary>
    public string StartupOutput { get; }

    /// <summary>A client of its HTTP API with the secret key.</summary>
    public HttpClient Http { get; }

    /// <summary>The WebSocket URL of its stream port.</summary>
    public Uri Stream { get; }

    public IPEndPoint StreamEndPoint => new(IPAddress.Parse(Stream.Host), Stream.Port);

    /// <summary>Its log so far.</summary>
    public string Log => _process.Errors;

    public bool HasEnded => _process.HasEnded;

    /// <summary>Starts it without waiting.</summary>
    /// <param name="scratch">Its working directory.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="through">A command, with arguments, that starts it; none by default.</param>
    public static EngineOutput Launch(Scratch scratch, EngineConfig config, params string[] through) =>
        new(EngineBinary.StartThrough(through, scratch.Folder, ["run", "--config", config.WriteTo(scratch)]));

    /// <summary>Starts it and waits until it is listening and healthy.</summary>
    public static async Task<RunningEngine> StartAsync(Scratch scratch, EngineConfig config, params string[] through)
    {
        var process = Launch(scratch, config, through);
        try
        {
            // The memory plan's last line ends the startup output.
            await Eventually.Is(() => process.HasEnded || StartupOutputEnd().IsMatch(process.Text),
                () => $"the engine prints its listeners; output:\n{process.Text}{process.Errors}");
            if (process.HasEnded)
            {
                Assert.Fail($"The engine did not start: {await process.EndAsync()}");
            }

            var engine = new RunningEngine(process, process.Text);
            using var health = await engine.Http.GetAsync("/health");
            Assert.That(health.StatusCode, Is.EqualTo(HttpStatusCode.OK), await health.Content.ReadAsStringAsync());
            return engine;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        using var document = JsonDocument.Parse(await Http.GetStringAsync(path));
        return document.RootElement.Clone();
    }

    public async Task<IReadOnlyDictionary<string, double>> FeaturesAsync(string cart)
    {
        var answer = await GetJsonAsync($"/v1/features/{cart}");
        return answer.GetProperty("features").EnumerateObject()
            .ToDictionary(feature => feature.Name, feature => feature.Value.GetDouble(), StringComparer.Ordinal);
    }

    public async Task<double> ScoreAsync(string cart)
    {
        using var body = new StringContent($$"""{"cartId":"{{cart}}"}""", Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync("/v1/predict", body);
        using var document = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("probability").GetDouble();
    }

    public async Task<MetricsPage> MetricsAsync() => MetricsPage.Parse(await Http.GetStringAsync("/metrics"));

    public void Terminate() => _process.Terminate();

    /// <summary>Asks it to reload its configuration, like <c>systemctl reload</c>.</summary>
    public void HangUp() => _process.Signal("HUP");

    /// <summary>Kills it.</summary>
    public Task<ProcessResult> KillAsync() => _process.KillAsync();

    /// <summary>Waits until it exits.</summary>
    public Task<ProcessResult> EndAsync() => _process.EndAsync();

    /// <summary>Stops it and fails unless it exits cleanly.</summary>
    public async Task<ProcessResult> StopAsync()
    {
        Terminate();
        var finished = await EndAsync();
        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        return finished;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }

    [GeneratedRegex(@"^  http +(?<address>http://[0-9.:]+)/? ", RegexOptions.Multiline)]
    private static partial Regex HttpAddress();

    [GeneratedRegex(@"^  stream +(?<address>ws://[0-9.:]+/v1/stream)", RegexOptions.Multiline)]
    private static partial Regex StreamAddress();

    [GeneratedRegex(@"^ +total .*\n", RegexOptions.Multiline)]
    private static partial Regex StartupOutputEnd();
}
