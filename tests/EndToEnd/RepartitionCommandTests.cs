using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary><c>repartition</c>, with the binary and a real shop's events.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class RepartitionCommandTests
{
    const int Events = 2000;

    static readonly EngineConfig s_config = With(partitions: 2);

    Scratch _scratch = null!;
    List<byte[]> _events = null!;
    Dictionary<string, string> _before = null!;

    static EngineConfig With(int partitions) => new()
    {
        Partitions = partitions,
        Campaigns = """
            [
              { name: bought, trigger: { event: purchase }, action: { type: reminder }, channel: socket, message: "Thank you." },
              { name: left, trigger: { idle: 2h }, action: { type: reminder }, channel: socket, message: "Your cart." }
            ]
            """,
    };

    [SetUp]
    public async Task Record()
    {
        _scratch = new Scratch();
        _events = [.. ShopSample.Read(TimeProvider.System.GetUtcNow()).Events.Take(Events)];
        await using var engine = await RunningEngine.StartAsync(_scratch, s_config);
        await SendAsync(engine);
        _before = await StateAsync(engine);
        await engine.StopAsync();
    }

    [TearDown]
    public void Clear() => _scratch.Dispose();

    [Test]
    public async Task Every_cart_customer_and_event_id_survives_a_change_of_partitions()
    {
        foreach (var partitions in new[] { 5, 1 })
        {
            var changed = await RunAsync("repartition", "--partitions", $"{partitions}");
            Assert.That(changed.ExitCode, Is.Zero, changed.ToString);
            Assert.That(changed.Output, Does.Contain($"has {partitions} partitions now: "));
            Assert.That(changed.Output, Does.Contain($"' to {partitions} in "));
            await using var engine = await RunningEngine.StartAsync(_scratch, With(partitions));
            Assert.That(engine.StartupOutput, Does.Match($@"(?m)^ +carts +.* {partitions} × "));
            Assert.That(await StateAsync(engine), Is.EqualTo(_before));
            var metrics = await engine.MetricsAsync();
            await SendAsync(engine);
            Assert.That((await engine.MetricsAsync()).Sum("cartrecovery_events_duplicate_total") - metrics.Sum("cartrecovery_events_duplicate_total"),
                Is.GreaterThanOrEqualTo(Events));
            Assert.That(await StateAsync(engine), Is.EqualTo(_before), "after the same events again");
            await engine.StopAsync();
        }
    }

    [Test]
    public async Task The_former_journals_can_be_exported_until_they_are_old()
    {
        await using (var again = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await using var stream = await EventStream.WebSocketAsync(again.Stream, EngineConfig.SecretKey);
            await stream.SendAsync($$"""{"id":"named","type":"identify","cartId":"named","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}},"meta":{"email":"anna@example.com"} }""");
            await stream.AckedAsync(1);
            await again.StopAsync();
        }

        var all = await RunAsync("export");
        Assert.That(all.Output, Does.Contain("anna@example.com"));
        Assert.That((await RunAsync("repartition", "--partitions", "3")).ExitCode, Is.Zero);
        Assert.That((await RunAsync("export")).Output, Is.Empty);
        var config = _scratch.Write("archive.yaml", (await File.ReadAllTextAsync(_scratch.PathOf("cartrecovery.yaml")))
            .Replace("data: \"data\"", "data: data/archive/1", StringComparison.Ordinal));
        var archived = await EngineBinary.RunAsync(_scratch.Folder, ["export", "--config", config]);
        Assert.That(archived.Output == all.Output && all.Output.Length > 0, Is.True, "the archive has the same events");
        var replay = await EngineBinary.RunAsync(_scratch.Folder, ["replay", "--config", config, "--json"]);
        Assert.That(JsonDocument.Parse(replay.Output).RootElement.GetProperty("difference").GetProperty("empty").GetBoolean(), Is.True, replay.ToString);

        foreach (var file in Directory.EnumerateFiles(_scratch.PathOf("data/archive"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, TimeProvider.System.GetUtcNow().UtcDateTime.AddYears(-2));
        }

        await using var engine = await RunningEngine.StartAsync(_scratch, With(partitions: 3));
        Assert.That(Directory.EnumerateDirectories(_scratch.PathOf("data/archive")), Is.Empty);
    }

    [Test]
    public async Task A_dry_run_says_what_it_takes_and_changes_nothing()
    {
        var files = Files();
        var dry = await RunAsync("repartition", "--partitions", "4", "--dry-run");
        Assert.That((dry.ExitCode, dry.Errors), Is.EqualTo((0, "")), dry.ToString);
        Assert.That(dry.Output, Does.Match(@"2 partitions, [\d,]{3,} records of carts and customers, \d+ MB of journals"));
        Assert.That(dry.Output, Does.Match(@"It would be written to 4 partitions\. This takes about \d+ seconds and \d+ MB of disk space\."));
        Assert.That(Files(), Is.EqualTo(files));
    }

    // A kill leaves the folder as before, or the change is finished by the next start.
    [Test]
    public async Task Kills_in_the_middle_cost_nothing()
    {
        var random = new Random(7);
        for (var i = 0; i < 6; i++)
        {
            await using var running = new EngineOutput(EngineBinary.Start(_scratch.Folder, ["repartition", "--partitions", $"{2 + (i % 4)}", "--config", "cartrecovery.yaml"]));
            await Task.WhenAny(running.EndAsync(), Task.Delay(random.Next(100, 1500)));
            await running.KillAsync();
        }

        // Whatever the kills left, it is a folder with one of these numbers.
        await using var engine = await RunningEngine.StartAsync(_scratch, With(partitions: 0));
        Assert.That(await StateAsync(engine), Is.EqualTo(_before));
        await engine.StopAsync();
    }

    // As a kill leaves it once the change is decided, before the first folder is moved.
    [Test]
    public async Task A_decided_change_of_partitions_is_finished_first()
    {
        Copy(_scratch.PathOf("data"), _scratch.PathOf("changed/data"));
        _scratch.Write("changed/cartrecovery.yaml", await File.ReadAllTextAsync(_scratch.PathOf("cartrecovery.yaml")));
        var changed = await EngineBinary.RunAsync(_scratch.PathOf("changed"), ["repartition", "--partitions", "5", "--config", "cartrecovery.yaml"]);
        Assert.That(changed.ExitCode, Is.Zero, changed.ToString);
        foreach (var part in new[] { "journal", "checkpoints", "stores" })
        {
            Copy(_scratch.PathOf($"changed/data/{part}"), _scratch.PathOf($"data/next/{part}"));
        }

        File.Copy(_scratch.PathOf("changed/data/format"), _scratch.PathOf("data/next/format"));
        _scratch.Write("data/next/archive", "1");
        Copy(_scratch.PathOf("data"), _scratch.PathOf("again/data"));
        _scratch.Write("again/cartrecovery.yaml", await File.ReadAllTextAsync(_scratch.PathOf("cartrecovery.yaml")));
        var export = await RunAsync("export");
        Assert.That(export.ExitCode, Is.EqualTo(1), export.ToString);
        Assert.That(export.Errors, Does.StartWith("error: data_unfinished: "));

        await using (var engine = await RunningEngine.StartAsync(_scratch, With(partitions: 0)))
        {
            Assert.That(await StateAsync(engine), Is.EqualTo(_before), "by a start");
            await engine.StopAsync();
        }

        var again = await EngineBinary.RunAsync(_scratch.PathOf("again"), ["repartition", "--partitions", "3", "--config", "cartrecovery.yaml"]);
        Assert.That(again.ExitCode, Is.Zero, again.ToString);
        Assert.That(again.Output, Does.Contain("has 3 partitions now"));
        await using var repeated = await RunningEngine.StartAsync(_scratch, With(partitions: 3) with { Data = "again/data" });
        Assert.That(await StateAsync(repeated), Is.EqualTo(_before), "by another change");
        await repeated.StopAsync();
    }

    [Test]
    public async Task A_full_disk_ends_the_change_and_costs_nothing()
    {
        var small = Directory.CreateDirectory(_scratch.PathOf("small")).FullName;
        await using var mounted = await MountedFolder.MountAsync(small, "size=96m");
        Copy(_scratch.PathOf("data"), mounted.Outside);
        _scratch.Write("small.yaml", (await File.ReadAllTextAsync(_scratch.PathOf("cartrecovery.yaml"))).Replace("data: \"data\"", "data: small", StringComparison.Ordinal));
        mounted.Fill("filler");
        await using (var full = new EngineOutput(EngineBinary.StartThrough(
            mounted.Through, _scratch.Folder, ["repartition", "--partitions", "3", "--config", "small.yaml"])))
        {
            var finished = await full.EndAsync();
            Assert.That(finished.ExitCode, Is.EqualTo(1), finished.ToString);
            Assert.That(finished.Errors, Does.Contain("error: data_unusable: ").And.Contain("free disk space"));
        }

        File.Delete(Path.Combine(mounted.Outside, "filler"));
        await using (var again = new EngineOutput(EngineBinary.StartThrough(
            mounted.Through, _scratch.Folder, ["repartition", "--partitions", "3", "--config", "small.yaml"])))
        {
            var finished = await again.EndAsync();
            Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        }

        await using var engine = await RunningEngine.StartAsync(_scratch, With(partitions: 3) with { Data = "small" }, mounted.Through);
        Assert.That(await StateAsync(engine), Is.EqualTo(_before));
    }

    [TestCase(2, "--partitions: expected 1 to 256", "--partitions", "0")]
    [TestCase(2, "--partitions: expected 1 to 256", "--partitions", "257")]
    [TestCase(2, "partitions", "--dry-run")]
    public async Task Invalid_requests_are_explained(int code, string message, params string[] arguments)
    {
        var finished = await RunAsync(["repartition", .. arguments]);
        Assert.That((finished.ExitCode, finished.Output), Is.EqualTo((code, "")), finished.ToString);
        Assert.That(finished.Errors, Does.Contain(message));
    }

    [Test]
    public async Task A_running_engine_keeps_its_folder()
    {
        await using var engine = await RunningEngine.StartAsync(_scratch, s_config);
        var refused = await RunAsync("repartition", "--partitions", "3");
        Assert.That(refused.ExitCode, Is.EqualTo(1), refused.ToString);
        Assert.That(refused.Errors, Does.StartWith("error: data_in_use: "));
        Assert.That(await StateAsync(engine), Is.EqualTo(_before));
    }

    async Task SendAsync(RunningEngine engine)
    {
        foreach (var batch in _events.Chunk(500))
        {
            using var content = new StringContent($"[{string.Join(',', batch.Select(Encoding.UTF8.GetString))}]", Encoding.UTF8, "application/json");
            using var response = await engine.Http.PostAsync("/v1/events", content);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted));
        }
    }

    // Features that do not depend on the present moment.
    async Task<Dictionary<string, string>> StateAsync(RunningEngine engine)
    {
        var state = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var cart in _events.Select(e => CartId().Match(Encoding.UTF8.GetString(e)).Groups["id"].Value).Distinct(StringComparer.Ordinal).Take(150))
        {
            var features = await engine.GetJsonAsync($"/v1/features/{cart}");
            state[cart] = features.GetRawText();
        }

        return state;
    }

    static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    Dictionary<string, long> Files() => Directory.EnumerateFiles(_scratch.PathOf("data"), "*", SearchOption.AllDirectories)
        .ToDictionary(file => file, file => new FileInfo(file).Length, StringComparer.Ordinal);

    Task<ProcessResult> RunAsync(params string[] arguments) =>
        EngineBinary.RunAsync(_scratch.Folder, [.. arguments, "--config", _scratch.PathOf("cartrecovery.yaml")]);

    [GeneratedRegex("\"cartId\":\"(?<id>[^\"]+)\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CartId();
}
