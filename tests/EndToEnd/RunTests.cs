using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>run</c>: its startup output, and the work it completes before it stops.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class RunTests
{
    [Test]
    public async Task A_start_prints_listeners_model_and_memory_and_is_healthy()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig
        {
            Sinks = "{ crm: { type: console } }",
        });
        var health = await engine.GetJsonAsync("/health");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(engine.StartupOutput, Does.Match(@"^CartRecovery \d+\.\d+\.\d+\n"));
            Assert.That(engine.StartupOutput, Does.Contain($"  http      {engine.Http.BaseAddress}"));
            Assert.That(engine.StartupOutput, Does.Contain($"  stream    {engine.Stream}, and JSON lines or MessagePack over TCP"));
            Assert.That(engine.StartupOutput, Does.Match(@"(?m)^  model     purchase@\S+: \d+ features, \d+ compiled trees$"));
            Assert.That(engine.StartupOutput, Does.Match(@"(?m)^  sinks     crm \(console\)$"));
            Assert.That(engine.StartupOutput, Does.Match(@"(?m)^ +carts +\d+ MB  2 × \d+ MB"));
            Assert.That(engine.StartupOutput, Does.Match(@"(?m)^ +total +\d+ MB  of 4,096 MB"));
            Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("ok"));
            Assert.That(health.GetProperty("parts").EnumerateObject().Select(part => (part.Name, part.Value.GetProperty("status").GetString())),
                Is.EquivalentTo(new[] { ("partition-0", "ok"), ("partition-1", "ok"), ("journal", "ok"), ("checkpoints", "ok"), ("deadletters", "ok"), ("streams", "ok"), ("clock", "ok"), ("outreach", "ok"), ("recipients", "ok"), ("control", "ok"), ("jobs", "ok"), ("alerts", "ok"), ("monitoring", "ok"), ("configuration", "ok"), ("settings", "ok"), ("campaigns", "ok"), ("model", "ok"), ("sink-crm", "ok") }));
        }
    }

    [Test]
    public async Task Only_the_data_folder_is_left_behind()
    {
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig());

        await engine.StopAsync();

        // In particular no files of ONNX Runtime's telemetry, which would mean that it sends data.
        var files = Directory.EnumerateFiles(scratch.Folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });
        Assert.That(files.Select(file => Path.GetRelativePath(scratch.Folder, file)).Where(file => !file.StartsWith("data/", StringComparison.Ordinal)),
            Is.EqualTo(new[] { "cartrecovery.yaml" }));
    }

    [TestCase(true, TestName = "SIGTERM_under_load_acknowledges_all_accepted_events_over_WebSocket")]
    [TestCase(false, TestName = "SIGTERM_under_load_acknowledges_all_accepted_events_over_TCP")]
    public async Task SIGTERM_under_load_processes_all_acknowledged_events(bool overWebSocket)
    {
        const int events = 6000;
        using var scratch = new Scratch();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig
        {
            Campaigns = """[{ name: every, trigger: { event: view_cart }, action: { type: reminder }, channel: out, message: "x" }]""",
            Sinks = "{ out: { type: file, path: out.ndjson } }",
        });
        await using var stream = overWebSocket
            ? await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey)
            : (EventStream)await EventStream.LinesAsync(engine.StreamEndPoint);
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var sending = Task.Run(async () =>
        {
            try
            {
                for (var i = 0; i < events; i++)
                {
                    await stream.SendAsync($$"""{"id":"e{{i}}","type":"view_cart","cartId":"c{{i}}","ts":{{at}}}""");
                }
            }
            catch (Exception e) when (e is IOException or System.Net.WebSockets.WebSocketException)
            {
                // The engine closed the connection while this client was sending.
            }
        });

        await stream.AckedAsync(1);
        var finished = await engine.StopAsync();
        await sending;
        await stream.EndAsync();

        // Every event causes one intervention, so the file lists the processed events.
        var decided = File.ReadLines(scratch.PathOf("out.ndjson")).Select(CartOf).ToList();
        Assert.That(stream.Acked, Is.EqualTo(decided.Count).And.GreaterThan(0));
        Assert.That(decided, Is.EquivalentTo(Enumerable.Range(0, decided.Count).Select(i => $"c{i}")));
        Assert.That(finished.Errors, Does.Contain("\"Stopped\""));
        if (stream is WebSocketStream socket)
        {
            Assert.That((int?)socket.CloseStatus, Is.EqualTo(1001));
        }
    }

    static string CartOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("cartId").GetString()!;
    }
}
