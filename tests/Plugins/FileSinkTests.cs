using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class FileSinkTests
{
    readonly string _folder = Path.Combine(Path.GetTempPath(), "cartrecovery-" + Guid.NewGuid().ToString("N"));

    string FilePath => Path.Combine(_folder, "a", "b", "interventions.ndjson");

    [TearDown]
    public void Clean()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Test]
    public async Task Each_intervention_is_one_JSON_line_written_when_the_call_returns()
    {
        var instance = FileSink.Spec.Create(Settings());
        await using var sink = instance.Sink;
        await sink.ConnectAsync(default);
        await sink.WriteAsync(new DeliveryBatch(Interventions.Many(3)), default);
        Assert.That(Ids(Read()), Is.EqualTo(Ids(Interventions.Many(3))));
        await sink.WriteAsync(new DeliveryBatch(Interventions.Many(2, first: 3)), default);
        var read = Read();
        Assert.That(Ids(read), Is.EqualTo(Ids(Interventions.Many(5))));
        Assert.That((read[1].Cart, read[1].Action, read[1].DecidedAt, read[1].Reasons.Features[0]),
            Is.EqualTo((Interventions.One(1).Cart, ActionKind.Discount, Interventions.One(1).DecidedAt, Interventions.One(1).Reasons.Features[0])));
        Assert.That((await instance.CheckHealthAsync(default)).Healthy);
        File.Delete(FilePath);
        Assert.That((await instance.CheckHealthAsync(default)).Healthy, Is.False);
    }

    [Test]
    public async Task An_existing_file_is_appended_to_after_ending_a_torn_line()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        await File.WriteAllTextAsync(FilePath, "{\"id\":\"whole\"}\n{\"id\":\"to");
        await WriteAsync(Settings(), Interventions.Many(1));
        await WriteAsync(Settings(), Interventions.Many(1, first: 1));
        var lines = await File.ReadAllLinesAsync(FilePath);
        Assert.That(lines[..2], Is.EqualTo(new[] { "{\"id\":\"whole\"}", "{\"id\":\"to" }));
        Assert.That(Ids(lines[2..].Select(Parse)), Is.EqualTo(Ids(Interventions.Many(2))));
    }

    [Test]
    public async Task A_full_file_is_rotated_and_two_are_kept()
    {
        await using (var sink = FileSink.Spec.Create(Settings("5000")).Sink)
        {
            await sink.ConnectAsync(default);
            for (var i = 0; i < 60; i++)
            {
                await sink.WriteAsync(new DeliveryBatch(Interventions.Many(1, first: i)), default);
            }
        }

        Assert.That(new FileInfo(FilePath).Length, Is.LessThanOrEqualTo(5000));
        Assert.That(new FileInfo(FilePath + ".1").Length, Is.LessThanOrEqualTo(5000).And.GreaterThan(4000));
        var kept = File.ReadAllLines(FilePath + ".1").Concat(File.ReadAllLines(FilePath)).Select(Parse).ToList();
        Assert.That(Ids(kept), Is.EqualTo(Ids(Interventions.Many(kept.Count, first: 60 - kept.Count))), "the newest lines without gaps");
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(FilePath)!), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Concurrent_writes_do_not_interleave_lines()
    {
        await using (var sink = FileSink.Spec.Create(Settings()).Sink)
        {
            await sink.ConnectAsync(default);
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
                Task.Run(async () => await sink.WriteAsync(new DeliveryBatch(Interventions.Many(20, first: i * 20)), default))));
        }

        Assert.That(Ids(Read()).Order(), Is.EqualTo(Ids(Interventions.Many(400))));
    }

    [Test]
    public async Task Interventions_waiting_for_a_blocked_path_are_written_once_it_is_free()
    {
        Directory.CreateDirectory(FilePath); // A folder blocks the path.
        using var log = new LogLines();
        var runner = new SinkRunner("file", FileSink.Spec, Settings(),
            new SinkRunnerOptions { MaxInFlight = 1, RetryDelay = TimeSpan.FromMilliseconds(1) }, TimeProvider.System, log);
        runner.Start();
        foreach (var item in Interventions.Many(200))
        {
            Assert.That(runner.TryEnqueue(item));
        }

        await Eventually.Is(() => runner.State.ConsecutiveFailures > 1, "it cannot be opened");
        Directory.Delete(FilePath);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Ids(Read()), Is.EqualTo(Ids(Interventions.Many(200))), "all, in order");
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task The_file_is_not_world_readable()
    {
        await WriteAsync(Settings(), Interventions.Many(1));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(File.GetUnixFileMode(FilePath) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite), Is.EqualTo(UnixFileMode.None));
        }
    }

    [TestCase("", null, "path: expected text, neither blank nor with control characters")]
    [TestCase("data/", null, "path: expected a file, not a folder")]
    [TestCase("data/x", "1 MB", "maxBytes: expected a whole number, 4096 or more")]
    [TestCase("data/x", "4095", "maxBytes: expected a whole number, 4096 or more")]
    public void Invalid_settings_are_rejected(string path, string? maxBytes, string problem) =>
        Assert.That(() => FileSink.Spec.Create(Settings(maxBytes, path)),
            Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo(problem));

    static async Task WriteAsync(SinkSettings settings, IReadOnlyList<Intervention> items)
    {
        await using var sink = FileSink.Spec.Create(settings).Sink;
        await sink.ConnectAsync(default);
        await sink.WriteAsync(new DeliveryBatch(items), default);
    }

    SinkSettings Settings(string? maxBytes = null, string? path = null)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["path"] = path ?? FilePath };
        if (maxBytes is not null)
        {
            values["maxBytes"] = maxBytes;
        }

        return new SinkSettings("file", FileSink.Spec, values);
    }

    List<Intervention> Read()
    {
        using var reader = new StreamReader(new FileStream(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    static Intervention Parse(string line) => JsonSerializer.Deserialize(line, ContractsJson.Default.Intervention)!;

    static IEnumerable<string> Ids(IEnumerable<Intervention> items) => items.Select(item => item.Id);
}
