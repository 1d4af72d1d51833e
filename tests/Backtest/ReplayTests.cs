using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Scoring;

namespace CartRecovery.Tests.Backtest;

/// <summary>Replays the journals of real partitions, recorded with and without ticks.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class ReplayTests(bool quiet)
{
    RecordedTraffic _traffic = null!;
    ReplayReport _report = null!;

    [OneTimeSetUp]
    public async Task Record()
    {
        _traffic = await RecordedTraffic.RecordAsync(quiet);
        _report = _traffic.Replay();
        Assert.That(_traffic.Consumer.Campaigns.Distinct(), Is.EquivalentTo(new[] { "added", "keen", "left", "left-longer", "bought" }));
    }

    [Test]
    public void The_same_model_and_campaigns_reproduce_the_recorded_decisions()
    {
        Assert.That(_report.Difference!.IsEmpty, Is.True);
        Assert.That(_report.Decisions.Select(d => d.Id), Is.EquivalentTo(_traffic.Consumer.Interventions.Select(i => i.Id)));
        Assert.That(_report.Decisions.Select(d => (d.Id, d.Score)), Is.EquivalentTo(_traffic.Consumer.Interventions.Select(i => (i.Id, i.Reasons.Score))));
        Assert.That(_report.Difference.Campaigns.Select(c => (c.Campaign, c.Same, c.OnlyThen, c.OnlyNow)), Is.EqualTo(_traffic.Consumer.Campaigns
            .GroupBy(c => c, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Count(), 0, 0))));
        Assert.That(_report.Difference.Campaigns, Has.All.Matches<CampaignDifference>(c => c!.ScoreThen is > 0 and < 1 && c.ScoreThen == c.ScoreNow));
    }

    [Test]
    public void Events_carts_and_scores_are_counted()
    {
        Assert.That((_report.Events, _report.EventsBefore, _report.Rejected, _report.IsWhole), Is.EqualTo(((long)_traffic.Events, 0L, 0L, true)));
        Assert.That(_report.Carts, Is.EqualTo(5066 + _traffic.Events - 17_434));
        Assert.That(_report.Scores.Count, Is.GreaterThan(_report.Events));
        var deciles = Enumerable.Range(0, 11).Select(i => _report.Scores.Quantile(i / 10.0)).ToArray();
        Assert.That(deciles, Is.Ordered.And.All.InRange(0, 1));
        Assert.That(_report.Scores.Mean, Is.InRange(deciles[1], deciles[9]));
    }

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(3, 1)]
    [TestCase(5, 4)]
    public void Decisions_are_independent_of_partitions_and_threads(int lanes, int threads) =>
        Same(_traffic.Replay(lanes, threads: threads), _report);

    [TestCase(0.1, 1)]
    [TestCase(0.5, 3)]
    [TestCase(0.9, 1)]
    public void A_range_starts_from_the_state_before_it(double share, int lanes)
    {
        var middle = RecordedTraffic.Times.First + (long)((RecordedTraffic.Times.Last - RecordedTraffic.Times.First) * share);
        var before = _traffic.Replay(lanes, new TimeRange(long.MinValue, middle));
        var after = _traffic.Replay(lanes, new TimeRange(middle, long.MaxValue));

        Assert.That((before.Difference!.IsEmpty, after.Difference!.IsEmpty), Is.EqualTo((true, true)));
        Assert.That((before.Events + after.Events, before.EventsBefore, after.EventsBefore), Is.EqualTo((_report.Events, 0, before.Events)));
        Assert.That(before.Decisions.Concat(after.Decisions).Select(d => d.Id), Is.EquivalentTo(_report.Decisions.Select(d => d.Id)));
        Assert.That((before.Decisions.Count, after.Decisions.Count), Is.GreaterThan((0, 0)));
    }

    [Test]
    public void An_empty_replay_is_reported()
    {
        var none = _traffic.Replay(range: new TimeRange(RecordedTraffic.Times.Last + EventReading.Day, long.MaxValue));
        Assert.That((none.Events, none.EventsBefore, none.Decisions.Count, none.Scores.Count), Is.EqualTo((0, (long)_traffic.Events, 0, 0)));
        Assert.That(none.Difference!.IsEmpty, Is.True);
    }

    [TestCase(1)]
    [TestCase(3)]
    public void Different_campaigns_change_the_decisions(int lanes)
    {
        var report = _traffic.Replay(lanes, campaigns:
        [
            TestStages.OnEvent("looked", "view_item", new ConditionConfig { Feature = "item_views", AtLeast = 20 }),
            .. RecordedTraffic.Campaigns.Where(c => c.Name != "added"),
        ]);

        var by = report.Difference!.Campaigns.ToDictionary(c => c.Campaign, StringComparer.Ordinal);
        Assert.That((by["added"].Now, by["added"].OnlyThen, by["added"].ScoreNow), Is.EqualTo((0, by["added"].Then, (double?)null)));
        Assert.That(by["added"].Then, Is.EqualTo(_traffic.Consumer.Campaigns.Count(c => c == "added")));
        Assert.That((by["looked"].Then, by["looked"].OnlyNow, by["looked"].ScoreThen), Is.EqualTo((0, by["looked"].Now, (double?)null)));
        Assert.That(by["looked"].Now, Is.GreaterThan(0));
        Assert.That(report.Difference.OnlyThen, Has.Count.EqualTo(by.Values.Sum(c => c.OnlyThen)));
        Assert.That(report.Difference.OnlyNow, Has.Count.EqualTo(by.Values.Sum(c => c.OnlyNow)));
        Assert.That(report.Difference.OnlyNow.Select(d => d.At), Is.Ordered);
    }

    [Test]
    public void A_different_model_changes_scores_and_decisions()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), FeatureTable.Names);
        var report = _traffic.Replay(model: model);

        Assert.That(report.Scores.Mean, Is.Not.EqualTo(_report.Scores.Mean).Within(0.1));
        Assert.That(report.Difference!.OnlyNow.Select(d => d.Campaign), Does.Contain("keen"));
        Assert.That(report.Difference.Campaigns.Single(c => c.Campaign == "bought") is { Same: > 0 } c && c.ScoreThen != c.ScoreNow, Is.True);
    }

    [Test]
    public void A_replay_of_one_store_decides_on_its_carts_alone()
    {
        Same(_traffic.Replay(lanes: 2, scope: new ReplayScope { Store = (0, "demo") }), _report);
        var other = _traffic.Replay(scope: new ReplayScope { Store = (1, "other") });
        Assert.That((other.Events, other.Carts, other.Decisions.Count, other.Originals.Count, other.Orders.Count), Is.EqualTo((0L, 0L, 0, 0, 0)));
    }

    [Test]
    public void Orders_and_original_decisions_are_reported()
    {
        var buyers = _report.Decisions.Where(d => d.Campaign == "bought").ToArray();
        Assert.That(buyers, Is.Not.Empty.And.All.Matches<ReplayedDecision>(d => _report.Orders[d!.Key] >= d.At));
        Assert.That(_report.Originals.Select(d => d.Id), Is.EqualTo(_report.Decisions.Select(d => d.Id)));
        Assert.That(_report.Decisions, Is.All.Matches<ReplayedDecision>(d => d!.Channel.Length > 0 && d.Currency.Length == 3));
    }

    [Test]
    public void A_replay_with_too_many_decisions_ends() =>
        Assert.That(() => _traffic.Replay(scope: new ReplayScope { MaxDecisions = 3 }), Throws.TypeOf<ReplayLimitException>());

    [Test]
    public void The_bound_is_that_of_all_lanes_together()
    {
        var count = Math.Max(_report.Decisions.Count, _report.Orders.Count);
        Assert.That(_traffic.Replay(lanes: 2, scope: new ReplayScope { MaxDecisions = count }).Decisions, Has.Count.EqualTo(_report.Decisions.Count));
        Assert.That(() => _traffic.Replay(lanes: 2, scope: new ReplayScope { MaxDecisions = _report.Decisions.Count - 1 }), Throws.TypeOf<ReplayLimitException>());
    }

    [Test]
    public void A_short_period_reads_no_more_than_the_lead_before_it()
    {
        var last = RecordedTraffic.Times.Last;
        var range = new TimeRange(_traffic.Journals().Max(SecondPageAt) + 2, long.MaxValue);
        var (all, some) = (_traffic.Replay(range: range), RecordedTraffic.Replay([.. _traffic.Journals().Select(j => new JournalStream(j, () => j, lead: 1))], range: range));

        Assert.That((some.Events, some.IsWhole, all.IsWhole), Is.EqualTo((all.Events, false, true)));
        Assert.That(some.EventsBefore, Is.LessThan(all.EventsBefore));
        Assert.That(some.ReadFrom!.Value, Is.InRange(all.ReadFrom!.Value, range.From - 1));
        Assert.That(some.Originals.Select(d => d.Id), Is.EqualTo(all.Originals.Select(d => d.Id)));
        Same(RecordedTraffic.Replay([.. _traffic.Journals().Select(j => new JournalStream(j, () => j, lead: last))]), _report);
    }

    [Test]
    public void A_lane_whose_journal_lost_its_oldest_file_is_repeated()
    {
        var bound = Math.Max(_report.Decisions.Count, _report.Orders.Count);
        Same(RecordedTraffic.Replay([.. Moving()], scope: new ReplayScope { MaxReads = 2, MaxDecisions = bound }), _report);
        Assert.That(() => RecordedTraffic.Replay([.. Moving()]), Throws.TypeOf<JournalException>().With.Property("Code").EqualTo("journal_moved"));

        IEnumerable<IReplayStream> Moving() => _traffic.Journals().Select((journal, i) => i == 0 ? (IReplayStream)new MovingStream(new JournalStream(journal)) : new JournalStream(journal));
    }

    [Test]
    public void A_replay_that_rests_decides_the_same()
    {
        var pace = new ReplayPace(0.9, TimeProvider.System);
        Same(_traffic.Replay(threads: 1, scope: new ReplayScope { Pace = pace }), _report);
    }

    [Test]
    public void A_replay_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.That(() => new Replay([.. _traffic.Journals().Select(j => new JournalStream(j))], 2, 2,
            TestStages.Options([])).Run(TimeRange.Everything, stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    // When the first event of a journal's second page was received (ms since 1970 UTC); 0 if it has one page.
    static long SecondPageAt(JournalView journal)
    {
        using var pages = journal.Pages();
        long? at = null;
        if (pages.Find(TimeRange.Everything) is [_, var second, ..])
        {
            pages.Read(second, entry => at ??= entry.Kind == EntryKind.Events ? EventBlockHeader.Read(entry.Payload.Span).FirstReceivedAt : (long?)null);
        }

        return at ?? 0;
    }

    // Fails at the end of the first read.
    sealed class MovingStream(IReplayStream inner) : IReplayStream
    {
        int _reads;

        public long Length => inner.Length;

        public bool KnowsDecisions => true;

        public bool IsWhole => inner.IsWhole;

        public void Play(ReplayLane lane, TimeRange range, CancellationToken cancellationToken)
        {
            inner.Play(lane, range, cancellationToken);
            if (Interlocked.Increment(ref _reads) == 1)
            {
                throw new JournalException(JournalView.Moved, "gone");
            }
        }
    }

    static void Same(ReplayReport report, ReplayReport other)
    {
        Assert.That(report.Decisions, Is.EqualTo(other.Decisions));
        Assert.That(report.Difference!.IsEmpty, Is.True);
        Assert.That((report.Events, report.Carts, report.Scores.Count, report.Scores.Mean),
            Is.EqualTo((other.Events, other.Carts, other.Scores.Count, other.Scores.Mean)));
        Assert.That(Enumerable.Range(0, 101).Select(i => report.Scores.Quantile(i / 100.0)),
            Is.EqualTo(Enumerable.Range(0, 101).Select(i => other.Scores.Quantile(i / 100.0))));
    }
}
