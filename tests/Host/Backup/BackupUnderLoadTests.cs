using System.Text;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Backups;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Backup;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backup;

/// <summary>Backs a running engine up while events arrive, and restores it.</summary>
[Parallelizable]
public sealed class BackupUnderLoadTests
{
    const int Carts = 12;
    const string Key = "a key that has at least 32 characters";

    [Test]
    public async Task A_backup_under_load_contains_everything_acknowledged_before_it([Values(null, Key)] string? key)
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync(config => config.Checkpoints.Interval = Duration.FromSeconds(1));
        var (batches, stop) = (new List<string>(), new CancellationTokenSource());
        var acknowledged = 0;
        var load = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var batch = BatchOf(batches.Count);
                lock (batches)
                {
                    batches.Add(batch);
                }

                var answer = await engine.PostAsync("/v1/events", batch);
                Assert.That((int)answer.Status, Is.EqualTo(200), answer.Body);
                Interlocked.Increment(ref acknowledged);
            }
        });
        int Sent()
        {
            lock (batches)
            {
                return batches.Count;
            }
        }

        var data = engine.Host.Config.Data;
        await Eventually.Is(() => Volatile.Read(ref acknowledged) > 20 && CheckpointsIn(data) == 2, "there are events and checkpoints");
        var service = new BackupService(engine.Host.Control, data, "");
        var request = new BackupRequest(scratch.PathOf("backups"), key, KeyFile: null, Keep: 5, KeepFor: null);
        await service.RunAsync(request, (_, _) => { });
        var (before, former) = (Volatile.Read(ref acknowledged), CheckpointsIn(data));
        await Eventually.Is(() => Volatile.Read(ref acknowledged) > before + 10 && former > 0, "it goes on");
        var floor = Volatile.Read(ref acknowledged);
        var made = await service.RunAsync(request, (_, _) => { });
        var ceiling = Sent();
        await Eventually.Is(() => Volatile.Read(ref acknowledged) > ceiling + 10, "it goes on");
        await stop.CancelAsync();
        await load;

        Assert.That((await new BackupDestinations(engine.Host.Control).ListAsync("")).Select(to => (to.Path, to.IsEncrypted)), Is.EqualTo(new[] { (scratch.PathOf("backups"), key is not null) }));
        using (var folder = BackupFolder.Open(scratch.PathOf("backups"), BackupCipher.Of(key)))
        {
            Assert.That(folder.List(), Has.Count.EqualTo(2));
            Assert.That(folder.Verify(folder.Read()), Is.Empty);
            BackupRestore.Run(folder, made.Manifest, scratch.PathOf("data"), (_, _) => { });
        }

        await using var restored = await InProcessEngine.StartAsync(config => config.Data = scratch.PathOf("data"));
        for (var cart = 0; cart < Carts; cart++)
        {
            Assert.That(await restored.EventsOfAsync($"cart{cart}"), Is.InRange(2 * floor, 2 * ceiling), "all that was acknowledged before, and nothing that was sent after");
        }

        // Clients send again what they hold; what is known already counts once.
        foreach (var batch in batches)
        {
            Assert.That((int)(await restored.PostAsync("/v1/events", batch)).Status, Is.EqualTo(200));
        }

        for (var cart = 0; cart < Carts; cart++)
        {
            var (expected, found) = ((await engine.FeaturesAsync($"cart{cart}"))!.Value, (await restored.FeaturesAsync($"cart{cart}"))!.Value);
            foreach (var feature in new[] { "event_count", "adds", "cart_value", "item_count", "page_views", "purchases" })
            {
                Assert.That(found.GetProperty(feature).GetDouble(), Is.EqualTo(expected.GetProperty(feature).GetDouble()), feature);
            }

            var customer = $"/v1/customers/user{cart}";
            Assert.That((await restored.GetAsync(customer)).Body, Is.EqualTo((await engine.GetAsync(customer)).Body));
        }
    }

    [Test]
    public async Task Unchanged_files_are_not_copied_again_and_an_encrypted_backup_reveals_nothing()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync(config => (config.Backup.To, config.Backup.Key) = (scratch.PathOf("backups"), Key));
        await engine.PostAsync("/v1/events", BatchOf(0));
        var first = await RunJobAsync(engine);
        var second = await RunJobAsync(engine);
        Assert.That(second.Copied, Is.LessThan(first.Copied), "the journals are the same");
        Assert.That(first.Bytes, Is.EqualTo(first.Copied));
        foreach (var file in Directory.EnumerateFiles(scratch.Folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith("/lock", StringComparison.Ordinal)))
        {
            var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file));
            Assert.That(new[] { "cart1", "user1", "SQLite format", "outreach.db" }.Where(text.Contains), Is.Empty, file);
        }

        Assert.That(Directory.Exists(Path.Combine(engine.Host.Config.Data, "backup.tmp")), Is.False);
    }

    [Test]
    public async Task The_job_does_nothing_without_a_destination_and_rejects_one_inside_the_data_folder()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync();
        Assert.That((await JobAsync(engine)).Log, Does.Contain("backup.to is not configured"));
        var service = new BackupService(engine.Host.Control, engine.Host.Config.Data, "");
        Assert.That(async () => await service.RunAsync(new BackupRequest(Path.Combine(engine.Host.Config.Data, "b"), null, null, 1, null), (_, _) => { }),
            Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_inside"));
    }

    [Test]
    public async Task Backups_of_one_folder_exclude_each_other_and_each_folder_has_its_destination()
    {
        using var scratch = new Scratch();
        await using var engine = await InProcessEngine.StartAsync();
        var (data, request) = (engine.Host.Config.Data, new BackupRequest(scratch.PathOf("backups"), null, null, 1, null));
        var service = new BackupService(engine.Host.Control, data, "");
        using (BackupLock.TryTake(data))
        {
            Assert.That(BackupLock.TryTake(data), Is.Null);
            Assert.That(async () => await service.RunAsync(request, (_, _) => { }), Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_busy"));
        }

        Directory.CreateDirectory(Path.Combine(data, BackupRunner.Scratch, "left"));
        await service.RunAsync(request, (_, _) => { });
        await using var other = await InProcessEngine.StartAsync();
        Assert.That(async () => await new BackupService(other.Host.Control, other.Host.Config.Data, "").RunAsync(request, (_, _) => { }),
            Throws.TypeOf<BackupException>().With.Property("Code").EqualTo("backup_foreign"));
        Assert.That(await new BackupDestinations(other.Host.Control).ListAsync(""), Is.Empty);
    }

    static int CheckpointsIn(string data) =>
        Directory.EnumerateDirectories(Path.Combine(data, "checkpoints")).Count(partition => Directory.EnumerateDirectories(partition).Any(checkpoint => !checkpoint.EndsWith(".tmp", StringComparison.Ordinal)));

    static string BatchOf(int number) => EventJson.Array(Enumerable.Range(0, Carts).SelectMany(cart => new[]
    {
        EventJson.Of($"cart{cart}", "page_view", $",\"userId\":\"user{cart}\""),
        EventJson.Of($"cart{cart}", "add_to_cart", $",\"userId\":\"user{cart}\",\"productId\":\"p{number % 5}\",\"price\":5"),
    }));

    static async Task<(long Bytes, long Copied)> RunJobAsync(InProcessEngine engine)
    {
        var run = await JobAsync(engine);
        Assert.That(run.Outcome, Is.EqualTo("succeeded"), run.Problem);
        using var report = System.Text.Json.JsonDocument.Parse(run.Report!);
        return (report.RootElement.GetProperty("bytes").GetInt64(), report.RootElement.GetProperty("copied").GetInt64());
    }

    static async Task<JobRun> JobAsync(InProcessEngine engine)
    {
        var jobs = engine.Host.Jobs.Control;
        var id = await jobs.StartAsync((await jobs.FindAsync("backup"))!, "cli", address: null);
        JobRun Run() => jobs.RunAsync("backup", id).GetAwaiter().GetResult()!;
        await Eventually.Is(() => Run().Outcome is not ("waiting" or "running"), "it ends");
        return Run();
    }
}
