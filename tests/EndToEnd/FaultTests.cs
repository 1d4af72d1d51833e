using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Reports damaged data folders with a remedy, leaves them unchanged, and loses no acknowledged event.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class FaultTests
{
    const int Failed = 1, BadConfiguration = 78;

    // One partition, so that the damaged files are known, and a checkpoint only at the stop.
    static readonly EngineConfig s_config = new()
    {
        Partitions = 1,
        Durability = """
            journal: { commitAge: 2ms, commitSize: 64KB, segment: 4MB }
            checkpoints: { interval: 1h, keep: 2 }
            """,
    };

    Scratch _scratch = null!;
    DataFiles _data = null!;
    int _events;

    string Folder => _scratch.PathOf("data");

    [SetUp]
    public void MakeFolder()
    {
        _scratch = new Scratch();
        _data = new DataFiles(Folder);
        _events = 0;
    }

    [TearDown]
    public void RemoveFolder() => _scratch.Dispose();

    // Not by permissions, which root ignores: a file blocks the path, and /proc rejects all writes.
    [TestCase("occupied/data")]
    [TestCase("/proc")]
    public async Task A_data_folder_that_cannot_be_created_is_rejected(string data)
    {
        _scratch.Write("occupied", "");

        await AssertRefusedAsync(s_config with { Data = data }, Failed, "data_unwritable", data);
    }

    [Test]
    public async Task A_data_folder_on_a_read_only_disk_is_rejected()
    {
        Directory.CreateDirectory(Folder);
        await using var mounted = await MountedFolder.MountAsync(Folder, "ro,size=1m");

        await AssertRefusedAsync(s_config with { Data = Folder }, Failed, "data_unwritable", [Folder], mounted.Through);
    }

    [Test]
    public async Task A_data_folder_in_use_is_rejected_and_its_engine_continues()
    {
        await using var first = await RunningEngine.StartAsync(_scratch, s_config);
        await SendAsync(first, "cart", 10);

        await AssertRefusedAsync(s_config, Failed, "data_in_use", Folder);

        await SendAsync(first, "cart", 10);
        Assert.That(await CountAsync(first, "cart"), Is.EqualTo(20));
        await first.StopAsync();
    }

    [TestCase("1", TestName = "A_data_folder_of_an_older_version_is_rejected_unchanged")]
    [TestCase("6", TestName = "A_data_folder_of_a_newer_version_is_rejected_unchanged")]
    [TestCase(null, TestName = "A_data_folder_with_a_journal_without_a_version_is_rejected_unchanged")]
    public async Task A_data_folder_of_an_unsupported_version_is_rejected(string? version)
    {
        await LeaveAsync(killed: false, ("cart", 10));
        if (version is null)
        {
            File.Delete(Path.Combine(Folder, "format"));
        }
        else
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, "format"), version);
        }

        var finished = await AssertRefusedUntouchedAsync(s_config, Failed, "data_version", Folder);

        if (version is not null)
        {
            Assert.That(finished.Errors, Does.Match($@"\b{version}\b").And.Match(@"\b5\b"), "names both versions");
        }
    }

    [Test]
    public async Task A_different_number_of_partitions_is_rejected()
    {
        await LeaveAsync(s_config with { Partitions = 2 }, killed: false, ("cart", 10));

        var finished = await AssertRefusedUntouchedAsync(s_config with { Partitions = 3 }, BadConfiguration, "data_partitions", "2", "3");

        Assert.That(finished.Errors, Does.Contain("partitions"));
    }

    [Test]
    public async Task A_torn_tail_is_truncated_with_a_warning()
    {
        await LeaveAsync(killed: true, ("kept", 100), ("torn", 1));
        var newest = _data.Segments()[^1];
        var used = DataFiles.UsedBytes(newest);
        using (var file = File.Open(newest, FileMode.Open))
        {
            file.SetLength(used - 10);
        }

        await using var engine = await RunningEngine.StartAsync(_scratch, s_config);

        // The truncation may have removed only the last commit's mark; then its event survives.
        Assert.That(await CountAsync(engine, "kept"), Is.EqualTo(100));
        Assert.That(await CountAsync(engine, "torn"), Is.AtMost(1));
        AssertWarned(engine, "partition 0", "bytes");
        await AssertGoesOnAsync(engine, "kept", 100);
    }

    [Test]
    public async Task Garbage_after_the_tail_is_truncated_with_a_warning()
    {
        await LeaveAsync(killed: true, ("kept", 100));
        var newest = _data.Segments()[^1];
        var used = DataFiles.UsedBytes(newest);
        using (var file = File.Open(newest, FileMode.Open))
        {
            file.Position = used;
            file.Write(RandomNumberGenerator.GetBytes(300));
        }

        await using var engine = await RunningEngine.StartAsync(_scratch, s_config);

        Assert.That(await CountAsync(engine, "kept"), Is.EqualTo(100));
        AssertWarned(engine, "partition 0", "bytes");
        await AssertGoesOnAsync(engine, "kept", 100);
    }

    [Test]
    public async Task A_hole_in_the_journal_is_rejected_and_the_files_are_unchanged()
    {
        // Fills several segments.
        await LeaveAsync(killed: true, ("cart", 8_000));
        var segments = _data.Segments();
        Assert.That(segments, Has.Count.AtLeast(2), "enough segments to damage one in the middle");
        // However few commits the events took, they are longer than this.
        DataFiles.Damage(segments[0], 32 * 1024, 64);

        var finished = await AssertRefusedUntouchedAsync(s_config, Failed, "journal_damaged", Path.GetDirectoryName(segments[0])!);

        Assert.That(finished.Errors, Does.Match(@"segment 0 at byte \d+").And.Contain("backup").And.Contain("move it away"));
    }

    [Test]
    public async Task A_damaged_checkpoint_is_replaced_by_the_previous_with_a_warning()
    {
        var often = s_config with { Durability = s_config.Durability.Replace("1h", "200ms", StringComparison.Ordinal) };
        await using (var first = await RunningEngine.StartAsync(_scratch, often))
        {
            // Several checkpoints, each with new events.
            await using var stream = await EventStream.LinesAsync(first.StreamEndPoint);
            await Eventually.Is(() =>
            {
                stream.SendAsync(Event($"early{_events % 5}")).GetAwaiter().GetResult();
                return _data.Checkpoints().Count >= 2;
            }, () => $"there are two checkpoints\n{first.Log}");
            await stream.AckedAsync(_events);
            await SendAsync(first, "late", 10);
            await first.StopAsync();
        }

        var sent = _events;
        var newest = _data.Checkpoints()[^1];
        var largest = Directory.GetFiles(newest, "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        DataFiles.Damage(largest, new FileInfo(largest).Length / 2, 1);

        await using var engine = await RunningEngine.StartAsync(_scratch, often);

        var counts = new List<int>();
        for (var cart = 0; cart < 5; cart++)
        {
            counts.Add(await CountAsync(engine, $"early{cart}"));
        }

        Assert.That(counts.Sum() + await CountAsync(engine, "late"), Is.EqualTo(sent));
        AssertWarned(engine, "checkpoint", Path.GetFileName(newest));
        await AssertGoesOnAsync(engine, "late", 10);
    }

    [Test]
    public async Task A_full_disk_sheds_load_and_recovers_without_loss()
    {
        Directory.CreateDirectory(Folder);
        await using var mounted = await MountedFolder.MountAsync(Folder, "size=128m");
        var config = s_config with { Data = Folder };
        HashSet<long> refused;
        var sent = 0;
        await using (var engine = await RunningEngine.StartAsync(_scratch, config, mounted.Through))
        {
            await SendAsync(engine, "before", 100);
            mounted.Fill("filler");

            // One event per cart, so that each cart shows whether its event survived.
            await using var stream = await EventStream.LinesAsync(engine.StreamEndPoint);
            await Eventually.Is(() =>
            {
                for (var i = 0; i < 20 && sent - stream.Acked < 1000; i++)
                {
                    stream.SendAsync(Event($"full{sent++}")).GetAwaiter().GetResult();
                }

                return stream.Refused.Count > 0;
            }, () => $"the full disk is reported; {sent} events were sent\n{engine.Log}");
            Assert.That(stream.Refused.Select(one => one.Code), Is.All.EqualTo("overloaded"));
            await AssertShedsAsync(engine);

            File.Delete(Path.Combine(mounted.Outside, "filler"));

            await Eventually.Is(() => Status(engine).GetAwaiter().GetResult() == "ok", "the engine is healthy again");
            await stream.AckedAsync(sent);
            refused = [.. stream.Refused.Select(one => one.Index)];
            await SendAsync(engine, "after", 100);
            await engine.StopAsync();
        }

        await using var second = await RunningEngine.StartAsync(_scratch, config, mounted.Through);
        Assert.That(await CountAsync(second, "before"), Is.EqualTo(100));
        Assert.That(await CountAsync(second, "after"), Is.EqualTo(100));
        for (var i = 0; i < sent; i++)
        {
            Assert.That(await CountAsync(second, $"full{i}"), Is.EqualTo(refused.Contains(i) ? 0 : 1), $"event {i}, refused: {refused.Contains(i)}");
        }

        await second.StopAsync();
    }

    async Task AssertShedsAsync(RunningEngine engine)
    {
        using var body = new StringContent(Event("shed"));
        using var answer = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("\"code\":\"overloaded\""));

        using var health = JsonDocument.Parse(await (await engine.Http.GetAsync("/health")).Content.ReadAsStringAsync());
        Assert.That(health.RootElement.GetProperty("status").GetString(), Is.EqualTo("degraded"));
        var ailing = health.RootElement.GetProperty("parts").EnumerateObject().Where(part => part.Value.GetProperty("status").GetString() != "ok");
        Assert.That(ailing.Select(part => $"{part.Name}: {part.Value.GetProperty("detail").GetString()}"),
            Has.Exactly(1).Items.And.All.Contains("journal").And.All.Contains("space"));
    }

    static async Task<string?> Status(RunningEngine engine)
    {
        using var answer = await engine.Http.GetAsync("/health");
        using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return health.RootElement.GetProperty("status").GetString();
    }

    Task LeaveAsync(bool killed, params (string Cart, int Events)[] carts) => LeaveAsync(s_config, killed, carts);

    // Runs an engine to create its folder.
    async Task LeaveAsync(EngineConfig config, bool killed, params (string Cart, int Events)[] carts)
    {
        await using var engine = await RunningEngine.StartAsync(_scratch, config);
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
    async Task SendAsync(RunningEngine engine, string cart, int count)
    {
        await using var stream = await EventStream.LinesAsync(engine.StreamEndPoint);
        for (var i = 0; i < count; i++)
        {
            await stream.SendAsync(Event(cart));
        }

        await stream.AckedAsync(count);
        Assert.That(stream.Acked, Is.EqualTo(count));
    }

    string Event(string cart)
    {
        // Incompressible data fills the journal.
        var note = Convert.ToBase64String(RandomNumberGenerator.GetBytes(600));
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return $$$"""{"id":"e{{{_events++}}}","type":"view_item","cartId":"{{{cart}}}","ts":{{{at}}},"meta":{"note":"{{{note}}}"}}""";
    }

    static async Task<int> CountAsync(RunningEngine engine, string cart)
    {
        using var answer = await engine.Http.GetAsync($"/v1/features/{cart}");
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return 0;
        }

        using var document = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return (int)document.RootElement.GetProperty("features").GetProperty("event_count").GetDouble();
    }

    // A successful start is not enough: new events must survive the next crash.
    async Task AssertGoesOnAsync(RunningEngine engine, string cart, int count)
    {
        await SendAsync(engine, cart, 10);
        await engine.KillAsync();
        await using var next = await RunningEngine.StartAsync(_scratch, s_config);
        Assert.That(await CountAsync(next, cart), Is.EqualTo(count + 10));
    }

    static void AssertWarned(RunningEngine engine, params string[] words)
    {
        var warnings = engine.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains("\"level\":\"warning\"", StringComparison.Ordinal))
            .Select(MessageOf);
        Assert.That(warnings, Has.Some.Matches<string>(message => words.All(word => message!.Contains(word, StringComparison.OrdinalIgnoreCase))),
            () => $"a warning with {string.Join(", ", words)}\n{engine.Log}");
    }

    static string MessageOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("message").GetString()!;
    }

    Task<ProcessResult> AssertRefusedAsync(EngineConfig config, int exitCode, string code, string word) =>
        AssertRefusedAsync(config, exitCode, code, [word]);

    async Task<ProcessResult> AssertRefusedUntouchedAsync(EngineConfig config, int exitCode, string code, params string[] words)
    {
        var before = _data.Contents();
        var finished = await AssertRefusedAsync(config, exitCode, code, words);
        Assert.That(_data.Contents(), Is.EqualTo(before), "the folder's files");
        return finished;
    }

    async Task<ProcessResult> AssertRefusedAsync(EngineConfig config, int exitCode, string code, string[] words, params string[] through)
    {
        await using var process = RunningEngine.Launch(_scratch, config, through);
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
