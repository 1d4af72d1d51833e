using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Recovery;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Migration;

/// <summary>Takes over the folder that format 3 wrote, and compares with the state that it had then.</summary>
[Parallelizable]
public sealed class TakeoverTests
{
    static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    Scratch _scratch = null!;

    string Folder => _scratch.PathOf("data");

    [SetUp]
    public void Extract()
    {
        _scratch = new Scratch();
        RecordedFolder.Extract(3, Folder);
    }

    [TearDown]
    public void Remove() => _scratch.Dispose();

    [Test]
    public void Every_cart_and_customer_of_format_3_is_recovered_with_its_values()
    {
        var progress = new List<RecoveryProgress>();
        using var partition = Recover(progress.Add);
        Assert.That(partition.Report.Warnings, Is.Empty);
        Assert.That(partition.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
        var takeover = progress.Select(p => p.Takeover).Where(t => t.Total > 0).ToList();
        Assert.That(takeover, Is.Not.Empty);
        Assert.That(takeover.Select(t => t.Done), Is.All.GreaterThan(0));
        Assert.That(takeover[^1].Done, Is.EqualTo(takeover[^1].Total));
    }

    [Test]
    public void The_next_checkpoint_has_the_current_shape_and_the_same_values()
    {
        using (var partition = Recover())
        {
            partition.Checkpoint();
        }

        Assert.That(ShapeOf("3"), Is.EqualTo(CartRecord.Shape));
        using var again = Recover();
        Assert.That(again.Report.Warnings, Is.Empty);
        Assert.That(again.IsTakenOver, Is.False);
        Assert.That(again.Report.Events, Is.Zero, "the checkpoint covers the whole journal");
        Assert.That(again.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
    }

    [Test]
    public void The_old_checkpoints_and_their_log_stay_until_a_new_checkpoint_replaces_them()
    {
        var old = Files();
        using (var partition = Recover())
        {
            Assert.That(Files().Where(f => old.ContainsKey(f.Key)), Is.EquivalentTo(old));
            partition.Checkpoint();
            Assert.That(Directory.GetFiles(Stores, "carts.0.log.*"), Is.Not.Empty, "an old checkpoint is still kept");
            partition.Checkpoint();
            Assert.That(Directory.GetFiles(Stores, "*.0.log.*").Where(f => !f.Contains(".v4.", StringComparison.Ordinal)), Is.Empty);
        }

        using var again = Recover();
        Assert.That(again.Listing.Skip(1), Is.EqualTo(RecordedFolder.Listing(3).Skip(1)));
    }

    [Test]
    public void A_takeover_that_is_killed_begins_again_at_the_next_start()
    {
        var old = Files();
        for (var life = 0; life < 2; life++)
        {
            Assert.That(() => Recover(p => throw new OperationCanceledException($"{p.Takeover.Done}")), Throws.TypeOf<OperationCanceledException>());
            Assert.That(Files().Where(f => old.ContainsKey(f.Key)), Is.EquivalentTo(old));
        }

        using var partition = Recover();
        Assert.That(partition.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
    }

    [Test]
    public void A_takeover_before_the_first_new_checkpoint_is_repeated()
    {
        for (var life = 0; life < 2; life++)
        {
            using var partition = Recover();
            Assert.That(partition.IsTakenOver, Is.True);
            Assert.That(partition.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
        }
    }

    [Test]
    public void An_old_checkpoint_replaces_a_damaged_new_one()
    {
        using (var partition = Recover())
        {
            partition.Checkpoint();
        }

        File.AppendAllText(Path.Combine(Folder, "checkpoints", "0", "3", "carts", "log.info"), "x");
        using var again = Recover();
        Assert.That(again.Report.Warnings, Has.One.Contains("log.info"));
        Assert.That(again.IsTakenOver, Is.True);
        Assert.That(again.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
    }

    [Test]
    public void A_full_disk_ends_the_takeover_and_loses_nothing()
    {
        // A folder blocks the path of the new file.
        var blocked = Directory.CreateDirectory(Path.Combine(Stores, "carts.0.v4.log.0"));
        Assert.That(() => Recover(), Throws.TypeOf<JournalException>().With.Property("Code").EqualTo("store_takeover"));
        blocked.Delete();
        using var partition = Recover();
        Assert.That(partition.Listing, Is.EqualTo(RecordedFolder.Listing(3)));
    }

    [Test]
    public void Records_of_a_later_version_are_refused_and_left_alone()
    {
        using (var partition = Recover())
        {
            partition.Checkpoint();
        }

        var checkpoint = Path.Combine(Folder, "checkpoints", "0", "3");
        var info = Path.Combine(checkpoint, "customers", "store.info");
        var lines = File.ReadAllLines(info);
        lines[2] = "5";
        File.WriteAllLines(info, lines);
        File.Delete(Path.Combine(checkpoint, "manifest"));
        CheckpointManifest.Write(checkpoint, CheckpointManifest.Read(Path.Combine(Folder, "checkpoints", "0", "2")).JournalAddress);
        var before = Files();

        var refused = Assert.Throws<JournalException>(() => Recover());
        Assert.That(refused.Code, Is.EqualTo("store_version"));
        Assert.That(refused.Message, Does.Contain("shape 5").And.Contain("later version"));
        Assert.That(Files(), Is.EquivalentTo(before));
    }

    [Test]
    public async Task An_engine_starts_on_the_folder_and_marks_it_as_current()
    {
        await using var engine = await InProcessEngine.StartAsync(
            config =>
            {
                config.Data = Folder;
                config.Partitions = RecordedFolder.Partitions;
            },
            new ShiftedTime(RecordedFolder.End));
        Assert.That(await engine.EventsOfAsync("full"), Is.EqualTo(15));
        Assert.That(File.ReadAllLines(Path.Combine(Folder, "format"))[0], Is.EqualTo("5"));
    }

    string Stores => Path.Combine(Folder, "stores");

    int ShapeOf(string checkpoint) =>
        int.Parse(File.ReadAllLines(Path.Combine(Folder, "checkpoints", "0", checkpoint, "carts", "store.info"))[2]);

    // By name, with the content's hash.
    Dictionary<string, string> Files() => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Folder, file).StartsWith("journal", StringComparison.Ordinal))
        .ToDictionary(file => Path.GetRelativePath(Folder, file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))), StringComparer.Ordinal);

    Recovered Recover(Action<RecoveryProgress>? progress = null)
    {
        var options = RecordedFolder.Options(Folder);
        var time = new ManualTime(RecordedFolder.End.ToUnixTimeMilliseconds());
        var counters = new PartitionCounters();
        return new Recovered(new PartitionRecovery(0, options, new SlabPool(4), counters, new JournalTail()).Run(time, progress), options, counters, time);
    }

    /// <summary>A recovered partition without its worker.</summary>
    sealed class Recovered : IDisposable
    {
        readonly RecoveredPartition _partition;
        readonly PartitionProcessor _work;
        readonly PartitionCounters _counters;
        readonly ManualTime _time;

        public Recovered(RecoveredPartition partition, PipelineOptions options, PartitionCounters counters, ManualTime time)
        {
            _partition = partition;
            _counters = counters;
            _time = time;
            Listing = [.. StateListing.Of(0, partition.State, RecordedFolder.Ids)];
            _work = new PartitionProcessor(0, options, partition.State, counters, partition.Journal, new JournalTail(), time);
            _work.Begin(partition.Checkpoints, partition.Handover, partition.ReceivedAt);
        }

        public RecoveryReport Report => _partition.Report;

        public string[] Listing { get; }

        public bool IsTakenOver => _partition.State.Stages.Stores.IsTakenOver;

        public void Checkpoint()
        {
            var (before, start) = (_counters.Checkpoints, TimeProvider.System.GetTimestamp());

            // Something must have changed.
            _work.RunIdle(_partition.State.Stages.Now);
            _partition.Journal!.Append(EntryKind.Tick, BitConverter.GetBytes(_partition.State.Stages.Now), at: 0);
            _partition.Journal.Commit();
            _time.Advance(TimeSpan.FromDays(2));
            while (_counters.Checkpoints == before)
            {
                _work.RunIdle(_partition.State.Stages.Now);
                Assert.That(_work.CheckpointProblem, Is.Null);
                Assert.That(TimeProvider.System.GetElapsedTime(start), Is.LessThan(s_deadline));
                Thread.Yield();
            }
        }

        public void Dispose()
        {
            _work.Dispose();
            _partition.State.Dispose();
        }
    }
}
