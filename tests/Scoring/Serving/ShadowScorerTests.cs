using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Scoring.Serving;

public sealed class ShadowScorerTests
{
    OnnxModel _model = null!;
    OnnxModel _failing = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _model = OnnxModel.Load(TestModels.Write(TestModels.Constant(0.75f, "next")), FeatureTable.Names);
        _failing = OnnxModel.Load(TestModels.Write(TestModels.Failing("failing")), FeatureTable.Names);
    }

    [OneTimeTearDown]
    public void Release()
    {
        _model.Dispose();
        _failing.Dispose();
    }

    [Test]
    public void Scores_are_compared_with_the_champions_on_the_same_rows()
    {
        var (shadow, plan) = Shadow(_model);
        var feed = shadow.Open();
        using var scorer = new ShadowScorer(TimeProvider.System);
        Write(feed, 600, index => index % 2 == 0 ? 0.5f : 1);
        Assert.That((scorer.Step(plan), scorer.Step(plan), scorer.Step(plan), scorer.Step(plan)), Is.EqualTo((256, 256, 88, 0)));

        var result = shadow.Comparison.Snapshot();
        Assert.That((result.Rows, result.ChampionMean, result.StabilityIndex), Is.EqualTo((600, 0.75, result.StabilityIndex)).Within(1e-6));
        Assert.That((result.Mean, result.MeanDifference, result.LargestDifference), Is.EqualTo((0.75, 0.25, 0.25)).Within(1e-6));
        Assert.That(result.StabilityIndex, Is.GreaterThan(1), "no score is in a bin of the champion's");
        Assert.That((shadow.Served.Traffic.Rows, shadow.Served.Traffic.Runs), Is.EqualTo((600, 3)));
    }

    [Test]
    public void A_full_queue_drops_rows_and_counts_them()
    {
        var (shadow, plan) = Shadow(_model);
        var feed = shadow.Open();
        Assert.That(Write(feed, ShadowFeed.Capacity + 7, _ => 0.5f), Is.EqualTo(ShadowFeed.Capacity));
        Assert.That((shadow.Dropped, feed.Waiting), Is.EqualTo((7, ShadowFeed.Capacity)));
        using var scorer = new ShadowScorer(TimeProvider.System);
        while (scorer.Step(plan) > 0)
        {
        }

        Assert.That(shadow.Comparison.Snapshot().Rows, Is.EqualTo(ShadowFeed.Capacity));
        Assert.That(Write(feed, 100, _ => 0.5f), Is.EqualTo(100));
    }

    [Test]
    public void A_shadow_that_throws_is_stopped_with_its_reason_and_others_go_on()
    {
        var (failing, _) = Shadow(_failing);
        var (other, _) = Shadow(_model);
        var plan = new ServingPlan(new ServedModel(_model, ServingPlan.ChampionAlias), shadows: [failing, other]);
        var (first, second) = (failing.Open(), other.Open());
        using var scorer = new ShadowScorer(TimeProvider.System);
        for (var i = 0; i < 3; i++)
        {
            Write(first, 10, _ => 0.5f);
            Write(second, 10, _ => 0.5f);
            scorer.Step(plan);
        }

        Assert.That(failing.Served.Fault, Does.StartWith("model_run_failed: "));
        Assert.That((failing.Served.Traffic.Failures, first.Waiting), Is.EqualTo((1, 0)));
        Assert.That((other.Served.Fault, other.Comparison.Snapshot().Rows), Is.EqualTo(((string?)null, 30)));
    }

    [Test]
    public void A_shadow_that_drops_more_than_it_scores_three_times_in_a_row_is_stopped()
    {
        var time = new ManualTime(0);
        var (shadow, plan) = Shadow(_model);
        var feed = shadow.Open();
        using var scorer = new ShadowScorer(time);
        scorer.Step(plan);
        foreach (var (rows, stopped) in ((int, bool)[])[(5000, false), (5000, false), (100, false), (5000, false), (5000, false), (5000, true)])
        {
            Write(feed, rows, _ => 0.5f);
            time.Advance(ShadowScorer.Period);
            scorer.Step(plan);
            Assert.That(shadow.Served.Fault is not null, Is.EqualTo(stopped));
            while (scorer.Step(plan) > 0)
            {
            }
        }

        Assert.That(shadow.Served.Fault, Does.StartWith("too slow: it scored "));
    }

    [Test]
    public void A_closed_queue_is_read_to_its_end_and_forgotten()
    {
        var (shadow, plan) = Shadow(_model);
        var feed = shadow.Open();
        Write(feed, ShadowFeed.Capacity + 7, _ => 0.5f);
        feed.Close();
        using var scorer = new ShadowScorer(TimeProvider.System);
        while (scorer.Step(plan) > 0)
        {
        }

        Assert.That((shadow.Feeds.Length, shadow.Dropped, shadow.Comparison.Snapshot().Rows), Is.EqualTo((0, 7, ShadowFeed.Capacity)));
    }

    // One writer and one reader at the same time: no row is lost, doubled or torn.
    [Test]
    public async Task A_row_is_read_once_and_whole_while_others_are_written()
    {
        const int Rows = 200_000;
        var (shadow, _) = Shadow(_model);
        var feed = shadow.Open();
        var writer = Task.Run(() =>
        {
            var champion = new float[1];
            for (var number = 0; number < Rows;)
            {
                if (feed.TryReserve(0, default, number, out var features))
                {
                    features.Fill(number);
                    champion[0] = number++;
                    feed.Publish(champion);
                }
            }
        });
        var row = new float[feed.Columns];
        for (var expected = 0; expected < Rows;)
        {
            var count = feed.Waiting;
            for (var i = 0; i < count; i++, expected++)
            {
                var head = feed.Read(i, row);
                if (head.At != expected || head.Champion != expected || row.Any(value => value != expected))
                {
                    Assert.Fail($"row {expected} is {head.At}, {head.Champion}, {string.Join(' ', row)}");
                }
            }

            feed.Free(count);
        }

        await writer.WaitAsync(Eventually.Deadline);
        Assert.That(feed.Waiting, Is.Zero);
    }

    static (ShadowModel Shadow, ServingPlan Plan) Shadow(OnnxModel model)
    {
        var shadow = new ShadowModel(new ServedModel(model, ServingPlan.ShadowAlias), rate: 1);
        return (shadow, new ServingPlan(new ServedModel(model, ServingPlan.ChampionAlias), shadows: [shadow]));
    }

    // Carts worth 50, which the failing model's table has not.
    static int Write(ShadowFeed feed, int count, Func<int, float> championOf)
    {
        var written = 0;
        for (var i = 0; i < count; i++)
        {
            if (feed.TryReserve(0, default, i, out var features))
            {
                features.Fill(50);
                written++;
                feed.Publish([championOf(i)]);
            }
        }

        return written;
    }
}
