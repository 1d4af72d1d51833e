using System.Text.Json;
using CartRecovery.Tests.Scoring;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>replay</c> and <c>export</c> with and without a running engine.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class ReplayCommandTests
{
    const int Events = 3000;

    static readonly EngineConfig s_config = new()
    {
        Campaigns = """
            [
              { name: bought, trigger: { event: purchase }, action: { type: reminder }, channel: socket, message: "Thank you." },
              { name: added, trigger: { event: add_to_cart }, action: { type: urgency }, channel: socket, message: "Ending soon." }
            ]
            """,
    };

    Scratch _scratch = null!;
    string[] _decided = null!;
    ProcessResult _exportWhileRunning = null!;
    ProcessResult _replayWhileRunning = null!;

    [OneTimeSetUp]
    public async Task StreamAndStop()
    {
        _scratch = new Scratch();
        var sample = ShopSample.Read(TimeProvider.System.GetUtcNow());
        await using var engine = await RunningEngine.StartAsync(_scratch, s_config);
        await using var stream = await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey);
        foreach (var message in sample.Events.Take(Events))
        {
            await stream.SendAsync(message);
        }

        await stream.AckedAsync(Events);
        _exportWhileRunning = await RunAsync("export");
        _replayWhileRunning = await RunAsync("replay", "--json");
        await engine.StopAsync();
        await stream.EndAsync();
        _decided = [.. stream.Interventions.Select(i => i.GetProperty("payload").GetProperty("id").GetString()!)];
        Assert.That(_decided, Is.Not.Empty);
    }

    [OneTimeTearDown]
    public void Clear() => _scratch.Dispose();

    [Test]
    public async Task Export_writes_every_event_with_and_without_a_running_engine()
    {
        var after = await RunAsync("export", "--out", "events.ndjson");

        Assert.That((_exportWhileRunning.ExitCode, after.ExitCode), Is.EqualTo((0, 0)), $"{_exportWhileRunning}{after}");
        Assert.That(_exportWhileRunning.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(Events));
        Assert.That((after.Output, after.Errors), Is.EqualTo(("", "3,000 events written to events.ndjson\n")));
        Assert.That(await File.ReadAllTextAsync(_scratch.PathOf("events.ndjson")), Is.EqualTo(_exportWhileRunning.Output));
    }

    [Test]
    public async Task Export_writes_csv_and_ranges()
    {
        var all = await RunAsync("export", "--format", "csv");
        var none = await RunAsync("export", "--format", "csv", "--from", "2020-01-01", "--to", "1000d");
        var old = await RunAsync("export", "--to", "2020-01-01T00:00:00Z");

        Assert.That(all.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(Events + 1), all.ToString);
        Assert.That(all.Output, Does.StartWith("id,type,storeId,cartId,"));
        Assert.That((none.ExitCode, none.Output.Split('\n').Length), Is.EqualTo((0, 2)), none.ToString);
        Assert.That((old.ExitCode, old.Output), Is.EqualTo((0, "")), old.ToString);
    }

    [Test]
    public void Replay_reproduces_a_running_engines_decisions()
    {
        using var report = Json(_replayWhileRunning);
        Assert.That(report.RootElement.GetProperty("events").GetInt32(), Is.EqualTo(Events));
        Assert.That(report.RootElement.GetProperty("difference").GetProperty("empty").GetBoolean(), Is.True, _replayWhileRunning.ToString);
    }

    [Test]
    public async Task Offline_replay_is_independent_of_the_number_of_partitions()
    {
        using var one = Json(await RunAsync("replay", "--json"));
        using var three = Json(await RunAsync("replay", "--json", "--partitions", "3", "--from", "1h"));
        foreach (var report in new[] { one, three })
        {
            Assert.That(report.RootElement.GetProperty("difference").GetProperty("empty").GetBoolean(), Is.True);
            Assert.That(report.RootElement.GetProperty("decisions").GetInt32(), Is.EqualTo(_decided.Length));
        }

        Assert.That(Directory.EnumerateDirectories(_scratch.Folder, "cartrecovery-replay-*"), Is.Empty);
    }

    [Test]
    public async Task Replay_of_an_export_reproduces_the_decisions()
    {
        await RunAsync("export", "--out", "again.ndjson");
        using var report = Json(await RunAsync("replay", "--json", "--events", "again.ndjson"));
        Assert.That(report.RootElement.GetProperty("decisions").GetInt32(), Is.EqualTo(_decided.Length));
        Assert.That(report.RootElement.TryGetProperty("difference", out _), Is.False);
    }

    [Test]
    public async Task Replay_with_other_campaigns_reports_the_differences()
    {
        var other = _scratch.Write("other.yaml", (await File.ReadAllTextAsync(_scratch.PathOf("cartrecovery.yaml")))
            .Replace("name: added", "name: also-added", StringComparison.Ordinal));
        var finished = await EngineBinary.RunAsync(_scratch.Folder, ["replay", "--config", other]);

        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        Assert.That(finished.Output, Does.Match(@"(?m)^events +3,000 +in \d+\.\d s: [\d,]+ a second$"));
        Assert.That(finished.Output, Does.Contain("Compared with the recorded decisions:"));
        Assert.That(finished.Output, Does.Match(@"(?m)^ *0 +[1-9]\d* +0 +0\.\d{4} +added$"));
        Assert.That(finished.Output, Does.Match(@"(?m)^ *0 +0 +[1-9]\d* +0\.\d{4} +also-added$"));
        Assert.That(finished.Output, Does.Match(@"(?m)^  \d{4}-\d\d-\d\dT[\d:.]+Z  also-added  cart \S+ of shop, score 0\.\d{3}$"));
    }

    [TestCase(2, "--from: expected RFC 3339", "export", "--from", "yesterday")]
    [TestCase(2, "--from must be before --to", "export", "--from", "1h", "--to", "2h")]
    [TestCase(2, "--format: expected ndjson, csv or parquet, got 'xml'", "export", "--format", "xml")]
    [TestCase(2, "no store 'mine'", "export", "--store", "mine")]
    [TestCase(2, "--partitions: expected 1 to 256", "replay", "--partitions", "0")]
    [TestCase(1, "no events at nothing.ndjson", "replay", "--events", "nothing.ndjson")]
    [TestCase(78, "error: model_not_found", "replay", "--model", "nothing.onnx")]
    public async Task Invalid_requests_are_explained(int code, string message, params string[] arguments)
    {
        var finished = await RunAsync(arguments);
        Assert.That((finished.ExitCode, finished.Output), Is.EqualTo((code, "")), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(message));
    }

    [Test]
    public async Task A_named_model_scores_in_a_replay_and_a_replaced_champion_is_not_missing()
    {
        var named = new EngineConfig { Campaigns = """[{ name: keen, trigger: { score: { model: uplift, above: 0 } }, action: { type: reminder }, channel: socket, message: "Hi." }]""" };
        using var draft = new Scratch();
        var text = await File.ReadAllTextAsync(named.WriteTo(draft));
        await File.WriteAllTextAsync(_scratch.PathOf("named.yaml"), text.Replace("scoring: { model: ", $"scoring: {{ models: {{ uplift: \"{named.Model}\" }}, model: ", StringComparison.Ordinal));
        var other = TestModels.Write(TestModels.Constant(0.5f, "other"));

        using var replayed = Json(await EngineBinary.RunAsync(_scratch.Folder, ["replay", "--json", "--model", other, "--config", _scratch.PathOf("named.yaml")]));
        using var recorded = Json(await RunAsync("replay", "--json", "--recorded", "--model", other));

        Assert.That(replayed.RootElement.GetProperty("model").GetString(), Is.EqualTo("test@other"));
        Assert.That(replayed.RootElement.GetProperty("byCampaign").GetRawText(), Does.Contain("keen"));
        Assert.That(recorded.RootElement.GetProperty("missingModels").GetArrayLength(), Is.Zero, "the champion is replaced");
    }

    [TestCase("export")]
    [TestCase("replay")]
    public async Task A_missing_journal_is_reported(string verb)
    {
        using var scratch = new Scratch();
        var finished = await EngineBinary.RunAsync(scratch.Folder, [verb, "--config", s_config.WriteTo(scratch)]);
        Assert.That(finished.ExitCode, Is.EqualTo(1), finished.ToString);
        Assert.That(finished.Errors, Does.StartWith("error: data_empty: "));
    }

    Task<ProcessResult> RunAsync(params string[] arguments) =>
        EngineBinary.RunAsync(_scratch.Folder, [.. arguments, "--config", _scratch.PathOf("cartrecovery.yaml")]);

    static JsonDocument Json(ProcessResult finished)
    {
        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        return JsonDocument.Parse(finished.Output);
    }
}
