using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Engines whose data folders are damaged.</summary>
[Category("EndToEnd")]
[Parallelizable]
abstract class FaultFixture
{
    // One partition, so that the damaged files are known, and a checkpoint only at the stop.
    protected static EngineConfig Config { get; } = new()
    {
        Partitions = 1,
        Durability = """
            journal: { commitAge: 2ms, commitSize: 64KB, segment: 4MB }
            checkpoints: { interval: 1h, keep: 2 }
            """,
    };

    protected Scratch Scratch { get; private set; } = null!;

    protected DataFiles Data { get; private set; } = null!;

    protected int Events { get; private set; }

    protected string Folder => Scratch.PathOf("data");

    [SetUp]
    public void MakeFolder()
    {
        Scratch = new Scratch();
        Data = new DataFiles(Folder);
        Events = 0;
    }

    [TearDown]
    public void RemoveFolder() => Scratch.Dispose();

    protected Task LeaveAsync(bool killed, params (string Cart, int Events)[] carts) => LeaveAsync(Config, killed, carts);

    // Runs an engine to create its folder.
    protected async Task LeaveAsync(EngineConfig config, bool killed, params (string Cart, int Events)[] carts)
    {
        await using var engine = await RunningEngine.StartAsync(Scratch, config);
        foreach (var (cart, events) in carts)
        {
            await SendAsync(engine, cart, events);
        }

        if (killed)
        {
            await engine.KillAsync();
        }
        else
        {
            await engine.StopAsync();
        }
    }

    // Sends events to a cart and waits for their acknowledgement.
    protected async Task SendAsync(RunningEngine engine, string cart, int count)
    {
        await using var stream = await EventStream.LinesAsync(engine.StreamEndPoint);
        for (var i = 0; i < count; i++)
        {
            await stream.SendAsync(Event(cart));
        }

        await stream.AckedAsync(count);
        Assert.That(stream.Acked, Is.EqualTo(count));
    }

    protected string Event(string cart)
    {
        // Incompressible data fills the journal.
        var note = Convert.ToBase64String(RandomNumberGenerator.GetBytes(600));
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return $$$"""{"id":"e{{{Events++}}}","type":"view_item","cartId":"{{{cart}}}","ts":{{{at}}},"meta":{"note":"{{{note}}}"}}""";
    }

    protected static async Task<int> CountAsync(RunningEngine engine, string cart)
    {
        using var answer = await engine.Http.GetAsync($"/v1/features/{cart}");
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return 0;
        }

        using var document = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return (int)document.RootElement.GetProperty("features").GetProperty("event_count").GetDouble();
    }

    protected static string MessageOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("message").GetString()!;
    }

    protected Task<ProcessResult> AssertRefusedAsync(EngineConfig config, int exitCode, string code, string word) =>
        AssertRefusedAsync(config, exitCode, code, [word]);

    protected async Task<ProcessResult> AssertRefusedAsync(EngineConfig config, int exitCode, string code, string[] words, params string[] through)
    {
        await using var process = RunningEngine.Launch(Scratch, config, through);
        var finished = await process.EndAsync();

        Assert.That(finished.ExitCode, Is.EqualTo(exitCode), finished.ToString);
        var line = finished.Errors.Split('\n').FirstOrDefault(line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.That(line, Does.StartWith($"error: {code}: "), finished.ToString);
        foreach (var word in words)
        {
            Assert.That(line, Does.Contain(word));
        }

        return finished;
    }
}
