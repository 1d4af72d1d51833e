using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Training;

public sealed class BoostedTreesTests
{
    static readonly TrainingSet s_set = SyntheticData.Draw(3000, 4, 1, SyntheticData.Quadrants, missing: 0.1);
    static readonly TrainingSet s_later = SyntheticData.Draw(3000, 4, 2, SyntheticData.Quadrants, missing: 0.1, firstGroup: 10_000);
    static readonly BoostedTreesOptions s_options = new() { Count = 40, Depth = 4, RowShare = 0.6, FeatureShare = 0.6 };

    [Test]
    public void The_same_rows_and_seed_give_the_same_bytes()
    {
        var once = Bytes(BoostedTrees.Fit(s_set, s_options, 3));
        Assert.That(Bytes(BoostedTrees.Fit(s_set, s_options, 3)), Is.EqualTo(once));
        Assert.That(Bytes(BoostedTrees.Fit(s_set, s_options, 4)), Is.Not.EqualTo(once));
    }

    [Test]
    public void A_cancelled_run_continues_with_the_same_bytes([Values(1, 13, 39)] int stopAfter, [Values] bool isWatched)
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("checkpoint");
        var options = isWatched ? s_options with { Patience = 30 } : s_options;
        var (watch, whole) = (isWatched ? s_later : null, Bytes(BoostedTrees.Fit(s_set, options, 3, isWatched ? s_later : null)));
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun { Cancellation = stop.Token, CheckpointPath = path, CheckpointEvery = 5, Progress = trees => StopAt(trees, stopAfter, stop) };
        Assert.Throws<OperationCanceledException>(() => BoostedTrees.Fit(s_set, options, 3, watch, run));
        Assert.That(path, Does.Exist);

        var trained = new List<int>();
        var rest = run with { Cancellation = CancellationToken.None, Progress = trained.Add };
        Assert.That(Bytes(BoostedTrees.Fit(s_set, options, 3, watch, rest)), Is.EqualTo(whole));
        Assert.That(trained[0], Is.EqualTo(stopAfter + 1), "the trees before are not trained again");
        Assert.That(path, Does.Not.Exist);
    }

    [Test]
    public void A_checkpoint_of_another_run_or_a_broken_one_is_not_continued([Values("seed", "options", "rows", "broken", "short")] string difference)
    {
        using var scratch = new Scratch();
        var path = scratch.PathOf("checkpoint");
        using var stop = new CancellationTokenSource();
        var run = new TrainingRun { Cancellation = stop.Token, CheckpointPath = path, Progress = trees => StopAt(trees, 10, stop) };
        Assert.Throws<OperationCanceledException>(() => BoostedTrees.Fit(s_set, s_options, 3, run: run));
        var (set, options, seed) = difference switch
        {
            "seed" => (s_set, s_options, 4UL),
            "options" => (s_set, s_options with { Monotone = new Dictionary<string, int>(StringComparer.Ordinal) { ["f2"] = 1 } }, 3UL),
            "rows" => (s_later, s_options, 3UL),
            _ => (s_set, s_options, 3UL),
        };
        var bytes = File.ReadAllBytes(path);
        if (difference == "broken")
        {
            bytes[bytes.Length / 2] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
        else if (difference == "short")
        {
            File.WriteAllBytes(path, bytes[..20]);
        }

        var trained = new List<int>();
        var rest = run with { Cancellation = CancellationToken.None, Progress = trained.Add };
        Assert.That(Bytes(BoostedTrees.Fit(set, options, seed, run: rest)), Is.EqualTo(Bytes(BoostedTrees.Fit(set, options, seed))));
        Assert.That(trained[0], Is.EqualTo(1));
    }

    [Test]
    public void Early_stopping_keeps_the_trees_with_the_lowest_loss_on_the_watched_rows()
    {
        // Fast and large trees on few rows: they fit noise before long.
        var few = SyntheticData.Draw(400, 4, 5, SyntheticData.Quadrants);
        var options = new BoostedTreesOptions { Count = 300, Depth = 5, LearningRate = 0.3, L2 = 0, MinChildWeight = 0.1, RowShare = 1, FeatureShare = 1 };
        var stopped = BoostedTrees.Fit(few, options with { Patience = 20 }, 1, s_later);
        Assert.That(stopped.Count, Is.InRange(2, 279));
        Assert.That(Loss(stopped, s_later), Is.LessThan(Loss(BoostedTrees.Fit(few, options, 1), s_later)));
        foreach (var other in (int[])[stopped.Count - 1, stopped.Count + 1, stopped.Count + 10])
        {
            Assert.That(Loss(stopped, s_later), Is.LessThanOrEqualTo(Loss(BoostedTrees.Fit(few, options with { Count = other }, 1), s_later)), $"{other} trees");
        }

        Assert.That(() => BoostedTrees.Fit(few, options with { Patience = 20 }, 1), Throws.ArgumentException.With.Message.Contains("rows to watch"));
    }

    [Test]
    public void A_monotone_feature_never_lowers_or_never_raises_the_prediction([Values(1, -1)] int direction)
    {
        // The true function rises and falls again.
        static double Hill(float[] x) => SyntheticData.Sigmoid(3 - 8 * x[0] * x[0] + x[1]);
        var set = SyntheticData.Draw(4000, 3, 6, Hill, missing: 0.05);
        var free = BoostedTrees.Fit(set, s_options, 1);
        var bound = BoostedTrees.Fit(set, s_options with { Monotone = new Dictionary<string, int>(StringComparer.Ordinal) { ["f0"] = direction } }, 1);
        Assert.That(Steps(free).Any(step => step * direction < 0), "without the constraint it follows the hill");
        Assert.That(Steps(bound).Where(step => step * direction < 0), Is.Empty);
        Assert.That(Steps(bound).Any(step => step * direction > 0), "it still learns the other side");
        Assert.That(() => BoostedTrees.Fit(set, s_options with { Monotone = new Dictionary<string, int>(StringComparer.Ordinal) { ["f9"] = 1 } }, 1),
            Throws.ArgumentException.With.Message.Contains("'f9'"));

        static IEnumerable<float> Steps(BoostedTrees trees)
        {
            foreach (var other in (float[])[-0.9f, 0, 0.7f, float.NaN])
            {
                for (var x = -1f; x < 1; x += 0.01f)
                {
                    yield return trees.Logit([x + 0.01f, other, other]) - trees.Logit([x, other, other]);
                }
            }
        }
    }

    [Test]
    public void Missing_values_go_to_the_side_that_they_resemble()
    {
        var random = new SeededRandom(9);
        var rows = new float[3000];
        var labels = new byte[3000];
        for (var i = 0; i < rows.Length; i++)
        {
            var value = (float)random.Unit();
            var isMissing = i % 3 == 0;
            rows[i] = isMissing ? float.NaN : value;
            labels[i] = random.Unit() < (isMissing || value < 0.5f ? 0.8 : 0.2) ? (byte)1 : (byte)0;
        }
        var set = new TrainingSet(["f"], rows, labels, [.. Enumerable.Range(0, 3000)], new long[3000]);
        var one = BoostedTrees.Fit(set, new BoostedTreesOptions { Count = 1, Depth = 1, LearningRate = 1, RowShare = 1, FeatureShare = 1 }, 1);
        Assert.That(one.Predict([float.NaN]), Is.EqualTo(one.Predict([0.2f])).And.EqualTo(0.8f).Within(0.05f));
        Assert.That(one.Predict([0.8f]), Is.EqualTo(0.2f).Within(0.05f));
    }

    [Test]
    public void The_number_of_leaves_is_bounded_and_the_best_come_first()
    {
        // Three comparisons below each other: a balanced tree of four leaves does not reach the third.
        static double Deep(float[] x) => x[0] > 0.3f ? (x[1] > 0 ? (x[2] > 0 ? 0.95 : 0.05) : 0.8) : 0.2;
        var set = SyntheticData.Draw(8000, 3, 7, Deep);
        var options = new BoostedTreesOptions { Count = 1, Depth = 8, Leaves = 4, LearningRate = 1, RowShare = 1, FeatureShare = 1 };
        var tree = BoostedTrees.Fit(set, options, 1);
        Assert.That(Enumerable.Range(0, set.Count).Select(i => tree.Logit(set.Row(i))).Distinct().Count(), Is.EqualTo(4));
        Assert.That(tree.Predict([0.5f, 0.5f, 0.5f]), Is.GreaterThan(0.8f));
        Assert.That(tree.Predict([0.5f, 0.5f, -0.5f]), Is.LessThan(0.2f));
    }

    [Test]
    public void A_weight_of_the_positive_rows_raises_predictions_and_keeps_their_order()
    {
        var plain = BoostedTrees.Fit(s_set, s_options, 1);
        var weighted = BoostedTrees.Fit(s_set, s_options with { PositiveWeight = 10 }, 1);
        Assert.That(Scores(weighted, s_later).Average(), Is.GreaterThan(Scores(plain, s_later).Average() + 0.2f));
        Assert.That(Metrics.Auc(Scores(weighted, s_later), s_later.Labels), Is.EqualTo(Metrics.Auc(Scores(plain, s_later), s_later.Labels)).Within(0.02));
    }

    [Test]
    public void A_run_that_needs_more_memory_than_its_limit_is_refused_and_one_within_it_keeps_to_it()
    {
        var needed = TrainingRun.Bytes(s_set, s_options);
        Assert.That(() => BoostedTrees.Fit(s_set, s_options, 1, run: new TrainingRun { MaxBytes = needed - 1 }), Throws.ArgumentException.With.Message.Contains("fewer"));

        var large = SyntheticData.Draw(100_000, 4, 1, SyntheticData.Quadrants);
        var options = s_options with { Count = 20 };
        BoostedTrees.Fit(s_set, options, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        BoostedTrees.Fit(large, options, 1);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        // Besides what is planned: the sample for the cuts, and the trees.
        Assert.That(taken, Is.LessThan(TrainingRun.Bytes(large, options) + 1_500_000));
    }

    [Test]
    public void Training_in_the_background_runs_one_at_a_time_and_rethrows()
    {
        var running = 0;
        var tasks = Enumerable.Range(0, 4).Select(i => TrainingRun.InBackgroundAsync(() =>
        {
            Assert.That(Interlocked.Increment(ref running), Is.EqualTo(1));
            var trees = BoostedTrees.Fit(s_set, s_options with { Count = 3 }, (ulong)i);
            Interlocked.Decrement(ref running);
            return i < 3 ? trees.Count : throw new InvalidOperationException("the last one");
        }, CancellationToken.None)).ToArray();
        Assert.That(async () => await Task.WhenAll(tasks), Throws.InvalidOperationException.With.Message.EqualTo("the last one"));
        Assert.That(tasks[..3].Select(task => task.Result), Is.All.EqualTo(3));
    }

    [Test]
    public void Equal_numbers_of_rows_share_a_bin_and_a_frequent_value_has_its_own()
    {
        float[] sorted = [.. Enumerable.Repeat(0f, 700), .. Enumerable.Range(1, 300).Select(i => (float)i)];
        var cuts = FeatureBins.Cuts(sorted, 11);
        Assert.That(cuts, Has.Length.EqualTo(10));
        Assert.That(cuts[0], Is.EqualTo(0.5f));
        Assert.That(cuts.Zip(cuts.Skip(1), (a, b) => b - a).Skip(1), Is.All.EqualTo(30f).Within(1f));
        Assert.That(FeatureBins.Cuts([1, 1, 2, 5], 4), Is.EqualTo(new[] { 1.5f, 3.5f }));
        Assert.That(FeatureBins.Cuts([], 4), Is.Empty);
    }

    static void StopAt(int trees, int at, CancellationTokenSource stop)
    {
        if (trees == at)
        {
            stop.Cancel();
        }
    }

    static byte[] Bytes(BoostedTrees trees)
    {
        var graph = new OnnxGraph();
        trees.Write(graph, "x", "p");
        return graph.ToArray("trees");
    }

    static float[] Scores(BoostedTrees trees, TrainingSet set) => [.. Enumerable.Range(0, set.Count).Select(i => trees.Predict(set.Row(i)))];

    static double Loss(BoostedTrees trees, TrainingSet set) => Metrics.LogLoss(Scores(trees, set), set.Labels);
}
