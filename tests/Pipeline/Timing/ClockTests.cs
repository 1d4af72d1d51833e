using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.Pipeline.Timing;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Timing;

/// <summary>Idle triggers under wrong clocks: the shopper's, and the server's own.</summary>
public sealed class ClockTests
{
    const long Day = EventReading.Day;
    const long Second = 1000;

    static readonly CampaignConfig[] s_campaigns =
    [
        TestStages.OnIdle("left", Duration.FromMinutes(15), new ConditionConfig { Feature = "item_count", AtLeast = 1 }),
        TestStages.OnIdle("gone", Duration.FromMinutes(3 * 24 * 60), new ConditionConfig { Feature = "item_count", AtLeast = 1 }),
    ];

    [Test]
    public void A_shoppers_wrong_clock_moves_no_trigger([Values(-16, 16, -600)] long minutes)
    {
        using var run = new StageRun([s_campaigns[0], TestStages.OnIdle("gap", Duration.FromMinutes(20),
            new ConditionConfig { Feature = "seconds_since_last_add", EqualTo = 20 * 60 }, new ConditionConfig { Feature = "item_count", AtLeast = 1 })]);
        run.Ahead = minutes * Minute;
        run.Play(Add("p1", 5).After(minutes * Minute));
        run.Ahead = 0;
        run.PassTo(Start + (15 * Minute) - 1);
        Assert.That(run.Consumer.Campaigns, Is.Empty);

        run.PassTo(Start + (60 * Minute));

        // Features stay in the shopper's time: exactly the idle time has passed on it.
        Assert.That(Decisions(run), Is.EqualTo(new[] { ("left", Start + (15 * Minute)), ("gap", Start + (20 * Minute)) }));
    }

    [Test]
    public void Held_timers_neither_fire_early_nor_get_lost()
    {
        using var run = new StageRun(s_campaigns);
        run.Play(Add("p1", 5));
        run.Stages.Tick(new ClockTick(ClockTickKind.Hold, Start + (2 * Day) + (30 * Second)).Encode());
        run.Play(Add("p1", 5).After(2 * Day) with { Cart = "ahead" });
        run.PassTo(Start + (2 * Day) + (5 * Second));
        Assert.That(run.Consumer.Campaigns, Is.Empty);

        run.Stages.Tick(new ClockTick(ClockTickKind.SetBack, Start + (5 * Second)).Encode());
        run.PassTo(Start + (15 * Minute) - 1);
        Assert.That(run.Consumer.Campaigns, Is.Empty);
        run.PassTo(Start + Day);
        run.PassTo(Start + (4 * Day));

        Assert.That(Decisions(run), Is.EquivalentTo(new[]
        {
            ("left", Start + (15 * Minute)), ("left", Start + (15 * Minute) + (5 * Second)),
            ("gone", Start + (3 * Day)), ("gone", Start + (3 * Day) + (5 * Second)),
        }));
    }

    [Test]
    public void An_intervention_at_a_time_that_was_set_back_blocks_for_its_window_only()
    {
        using var run = new StageRun([TestStages.OnEvent("added", "add_to_cart")], window: TimeSpan.FromMinutes(30));
        run.Play(Add("p1", 5).After(2 * Day));
        run.Stages.Tick(new ClockTick(ClockTickKind.SetBack, Start).Encode());
        run.Play(Add("p1", 5).After(Minute));
        run.Play(Add("p1", 5).After(32 * Minute));

        Assert.That(run.Consumer.Interventions.Select(i => i.DecidedAt.ToUnixTimeMilliseconds()), Is.EqualTo(new[] { Start + (2 * Day), Start + (32 * Minute) }));
    }

    [Test]
    public async Task A_clock_that_is_two_days_ahead_for_seconds_neither_fires_nor_stops_triggers([Values] bool isRestarted)
    {
        using var shop = new Shop();
        shop.Open();
        await shop.SendAsync("before");
        await shop.PassAsync(5 * Minute);

        shop.Time.Jump(TimeSpan.FromDays(2));
        await shop.SendAsync("ahead");
        if (isRestarted)
        {
            shop.Restart();
            await shop.SendAsync("ahead again");
        }

        await shop.PassAsync(10 * Second);
        Assert.That(shop.Decisions, Is.Empty);
        Assert.That(shop.Monitor.Jumps, Is.EqualTo(isRestarted ? 0 : 1));

        shop.Time.Jump(-TimeSpan.FromDays(2));
        if (isRestarted)
        {
            shop.Restart();
        }

        await shop.SendAsync("after");
        Assert.That(shop.Monitor.Problem, Does.Contain(isRestarted ? "jumped by -1.23:59:50" : "jumped by -2.00:00:00"));
        await shop.PassAsync(20 * Minute);
        await shop.DecidesAsync(isRestarted ? 4 : 3);

        // What was received under the wrong clock counts from its correction, which takes half a minute.
        Assert.That(shop.Decisions[0], Is.EqualTo(("before", Start + (15 * Minute))));
        Assert.That(shop.Decisions.Select(d => d.Cart), Is.EquivalentTo(isRestarted ? ["before", "ahead", "ahead again", "after"] : new[] { "before", "ahead", "after" }));
        Assert.That(shop.Decisions.Select(d => d.At), Is.All.InRange(Start + (15 * Minute), Start + (22 * Minute)));
        shop.AssertReplays();
    }

    [Test]
    public async Task A_clock_that_is_two_days_behind_for_seconds_fires_nothing_early()
    {
        using var shop = new Shop();
        shop.Open();
        await shop.SendAsync("before");
        shop.Time.Jump(-TimeSpan.FromDays(2));
        await shop.SendAsync("behind");
        await shop.PassAsync(10 * Second);
        shop.Time.Jump(TimeSpan.FromDays(2));
        await shop.PassAsync((15 * Minute) - (20 * Second));
        Assert.That(shop.Decisions, Is.Empty);

        await shop.PassAsync(2 * Minute);
        await shop.DecidesAsync(2);

        Assert.That(shop.Decisions.Select(d => d.Cart), Is.EquivalentTo(new[] { "before", "behind" }));
        Assert.That(shop.Decisions.Select(d => d.At), Is.All.InRange(Start + (15 * Minute), Start + (16 * Minute)));
        Assert.That(shop.Monitor.Jumps, Is.EqualTo(2));
        shop.AssertReplays();
    }

    [Test]
    public async Task A_clock_that_stays_ahead_is_followed_after_a_while()
    {
        using var shop = new Shop();
        shop.Open();
        await shop.SendAsync("before");
        shop.Time.Jump(TimeSpan.FromHours(1));
        await shop.PassAsync(20 * Second);
        Assert.That(shop.Decisions, Is.Empty);

        await shop.PassAsync(20 * Second);
        await shop.DecidesAsync(1);

        Assert.That(shop.Decisions, Is.EqualTo(new[] { ("before", Start + (15 * Minute)) }));
        Assert.That(shop.Monitor.Problem, Does.Contain("+0.01:00:00"));
        await shop.PassAsync(61 * Minute);
        Assert.That(shop.Monitor.Problem, Is.Null);
        shop.AssertReplays();
    }

    static IEnumerable<(string Campaign, long At)> Decisions(StageRun run) =>
        run.Consumer.Interventions.Select(i => (i.Campaign, i.DecidedAt.ToUnixTimeMilliseconds()));

    /// <summary>Clocks of which the wall's can jump.</summary>
    sealed class JumpingTime : TimeProvider
    {
        readonly ManualTime _steady = new(Start);
        long _off;

        public override long TimestampFrequency => _steady.TimestampFrequency;

        public void Advance(TimeSpan time) => _steady.Advance(time);

        public void Jump(TimeSpan by) => Interlocked.Add(ref _off, by.Ticks);

        public override long GetTimestamp() => _steady.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow().AddTicks(Interlocked.Read(ref _off));
    }

    /// <summary>A partition with a journal, over several lifetimes.</summary>
    sealed class Shop : IDisposable
    {
        static readonly JournalLayout s_layout = new(4 << 20, 1 << 20);
        static readonly JournalStores s_stores = new("demo"u8.ToArray());

        readonly string _folder = TestStages.NewFolder();
        readonly RecordingConsumer _consumer = new();
        readonly RecordingSource _source = new();
        PartitionSet? _set;
        JournalCursor? _cursor;

        public JumpingTime Time { get; } = new();

        public ClockMonitor Monitor => _set!.ClockMonitor;

        public List<(string Cart, long At)> Decisions =>
            [.. _consumer.Interventions.Where(i => i.Campaign == "left").Select(i => (i.CartId, i.DecidedAt.ToUnixTimeMilliseconds()))];

        public void Open()
        {
            _set = new PartitionSet(1, Options(), Time, TimeSpan.Zero);
            _set.Recover();
            _cursor = _consumer.Attach(_set[0].Tail, _cursor?.Position);
            _set.Start();
        }

        public void Restart()
        {
            _set!.Dispose();
            _consumer.Detach(_cursor!);
            Open();
        }

        public async Task SendAsync(string cart)
        {
            var slab = EventReading.Slab(Add("p1", 5) with { Cart = cart });
            slab.ReceivedAt = Time.GetUtcNow().ToUnixTimeMilliseconds();
            slab.ReceivedTicks = Time.GetTimestamp();
            slab.EndRun(_source, upTo: 0);
            _set!.Watermark.Raise(Start, slab.ReceivedAt);
            Assert.That(_set[0].Inbox.TryEnqueue(slab), Is.True);
            await FlushAsync();
        }

        // In small steps, each of which the worker sees.
        public async Task PassAsync(long milliseconds)
        {
            for (var left = milliseconds; left > 0; left -= 10 * Second)
            {
                Time.Advance(TimeSpan.FromMilliseconds(Math.Min(left, 10 * Second)));
                await FlushAsync();
                await FlushAsync();
            }
        }

        // A commit is due by age.
        public Task DecidesAsync(int count) => Eventually.Is(() =>
        {
            Time.Advance(TimeSpan.FromMilliseconds(10));
            return Decisions.Count == count;
        }, $"{count} decisions");

        // The journal gives the same decisions again, by itself.
        public void AssertReplays()
        {
            _set!.Dispose();
            Assert.That(_set[0].Fault, Is.Null);
            _set = null;
            var journal = new JournalView(() => new FileJournalDevice(JournalFolder, readOnly: true), s_layout, s_stores);
            var report = new Replay([new JournalStream(journal)], 1, 1, TestStages.Options(s_campaigns)).Run(TimeRange.Everything, default);
            Assert.That(report.Difference!.IsEmpty, Is.True);
            Assert.That(report.Decisions.Select(d => d.Id).Order(), Is.EqualTo(_consumer.Interventions.Select(i => i.Id).Order()));
        }

        public void Dispose() => _set?.Dispose();

        string JournalFolder => Path.Combine(_folder, "journal");

        // After the worker's next two rounds.
        async Task FlushAsync()
        {
            await _set!.FindAsync(EventReading.KeyOf("nobody's"), default).WaitAsync(Eventually.Deadline);
            await _set.FlushAsync(default).WaitAsync(Eventually.Deadline);
        }

        PipelineOptions Options()
        {
            var options = TestStages.Options(s_campaigns);
            return new PipelineOptions
            {
                Stores = options.Stores,
                Serving = options.Serving,
                Campaigns = options.Campaigns,
                WindowMilliseconds = options.WindowMilliseconds,
                BatchRows = options.BatchRows,
                Carts = options.Carts,
                Customers = options.Customers,
                Timers = options.Timers,
                DedupWindow = options.DedupWindow,
                DedupBytes = options.DedupBytes,
                DataFolder = _folder,
                Journal = new JournalOptions
                {
                    Stores = s_stores,
                    Layout = s_layout,
                    CommitAge = TimeSpan.FromMilliseconds(1),
                    CommitBytes = 64 << 10,
                    CheckpointInterval = TimeSpan.FromDays(1),
                    RetentionAge = TimeSpan.FromDays(1000),
                    RetentionBytes = 1L << 40,
                    CheckpointsKept = 2,
                    CheckpointFolder = _ => Path.Combine(_folder, "checkpoints"),
                    CursorFile = _ => null,
                    Device = _ => new FileJournalDevice(JournalFolder),
                },
            };
        }
    }
}
