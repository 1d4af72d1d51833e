using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Training;

public sealed class LearnerTests
{
    [Test]
    public void Logistic_regression_recovers_the_generating_line()
    {
        var learned = LogisticRegression.Fit(SyntheticData.Draw(20_000, 3, 1, SyntheticData.Line), 1e-3);
        foreach (var row in (float[][])[[0, 0, 0], [1, 0, 0], [0, 1, 0], [-0.5f, 0.5f, 1]])
        {
            Assert.That(learned.Predict(row), Is.EqualTo(SyntheticData.Line(row)).Within(0.02));
        }
    }

    [Test]
    public void Logistic_regression_is_independent_of_feature_scale()
    {
        var set = SyntheticData.Draw(2_000, 2, 2, SyntheticData.Line);
        var scaled = new TrainingSet(set.Features, [.. set.Rows.Select((v, i) => i % 2 == 0 ? v * 1000 + 500 : v)], set.Labels, set.Groups, set.Times);
        var (plain, other) = (LogisticRegression.Fit(set, 1), LogisticRegression.Fit(scaled, 1));
        for (var i = 0; i < 100; i++)
        {
            Assert.That(other.Predict(scaled.Row(i)), Is.EqualTo(plain.Predict(set.Row(i))).Within(1e-4f));
        }
    }

    [Test]
    public void Logistic_regression_converges_on_separable_labels()
    {
        var set = SyntheticData.Draw(200, 2, 3, x => x[0] > 0 ? 1 : 0);
        var learned = LogisticRegression.Fit(set, 1);
        Assert.That(AucOf(learned, set), Is.GreaterThan(0.999));
        Assert.That(learned.Predict([1, 0]), Is.InRange(0.9f, 1f));
    }

    [Test]
    public void A_constant_column_has_no_effect()
    {
        var set = SyntheticData.Draw(500, 2, 3, SyntheticData.Line);
        var flat = new TrainingSet(set.Features, [.. set.Rows.Select((v, i) => i % 2 == 0 ? 5 : v)], set.Labels, set.Groups, set.Times);
        Assert.That(AucOf(LogisticRegression.Fit(flat, 1), flat), Is.GreaterThan(0.7));
        Assert.That(AucOf(BoostedTrees.Fit(flat, new BoostedTreesOptions { Count = 20 }, 1), flat), Is.GreaterThan(0.7));
    }

    [Test]
    public void Trees_learn_a_nonlinear_function()
    {
        var train = SyntheticData.Draw(4_000, 4, 1, SyntheticData.Quadrants);
        var test = SyntheticData.Draw(4_000, 4, 2, SyntheticData.Quadrants);
        Assert.That(AucOf(LogisticRegression.Fit(train, 1), test), Is.InRange(0.4, 0.6));
        Assert.That(AucOf(BoostedTrees.Fit(train, new BoostedTreesOptions { Count = 100 }, 1), test), Is.GreaterThan(0.87), "0.9 is the maximum");
    }

    [Test]
    public void Small_slow_trees_overfit_less_than_large_fast_ones()
    {
        var train = SyntheticData.Draw(600, 4, 1, SyntheticData.Quadrants);
        var test = SyntheticData.Draw(4_000, 4, 3, SyntheticData.Quadrants);
        var small = BoostedTrees.Fit(train, new BoostedTreesOptions { Count = 100 }, 1);
        var large = BoostedTrees.Fit(train, new BoostedTreesOptions { Count = 400, Depth = 6, LearningRate = 0.3, L2 = 0, MinChildWeight = 0.01 }, 1);
        Assert.That(LossOf(large, train), Is.LessThan(LossOf(small, train)));
        Assert.That(LossOf(large, test), Is.GreaterThan(LossOf(small, test)));
    }

    [Test]
    public void Trees_separate_missing_values_from_all_others()
    {
        // Missing values cause the label; the values themselves are noise.
        var random = new SeededRandom(9);
        var rows = new float[1000];
        var labels = new byte[1000];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = i % 3 == 0 ? float.NaN : (float)random.Unit();
            labels[i] = random.Unit() < (i % 3 == 0 ? 0.9 : 0.1) ? (byte)1 : (byte)0;
        }
        int[] groups = [.. Enumerable.Range(0, 1000)];
        var set = new TrainingSet(["f"], rows, labels, groups, new long[1000]);
        var learned = BoostedTrees.Fit(set, new BoostedTreesOptions { Count = 150, Depth = 1 }, 1);
        Assert.That(learned.Predict([float.NaN]), Is.EqualTo(0.9f).Within(0.05f));
        Assert.That(learned.Predict([0.5f]), Is.EqualTo(0.1f).Within(0.08f));
    }

    [Test]
    public void A_dominant_value_is_separated_from_its_neighbours()
    {
        // Nine in ten values are 0, with more distinct values than bins on each side.
        var random = new SeededRandom(9);
        var rows = new float[20_000];
        var labels = new byte[20_000];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = i % 10 == 0 ? (float)(random.Unit() * 2 - 1) : 0;
            labels[i] = rows[i] > 0 ? (byte)1 : (byte)0;
        }
        var set = new TrainingSet(["f"], rows, labels, [.. Enumerable.Range(0, 20_000)], new long[20_000]);
        var learned = BoostedTrees.Fit(set, new BoostedTreesOptions { Count = 50, Depth = 1, MaxBins = 16 }, 1);
        Assert.That(learned.Predict([0]), Is.LessThan(0.1f));
        Assert.That(learned.Predict([0.2f]), Is.GreaterThan(0.9f));
    }

    [TestCase(0)]
    [TestCase(9)]
    public void A_depth_out_of_range_is_rejected(int depth)
        => Assert.Throws<ArgumentOutOfRangeException>(() => BoostedTrees.Fit(SyntheticData.Draw(50, 1, 1, _ => 0.5), new BoostedTreesOptions { Depth = depth }, 1));

    static float[] Predictions(ILearned learned, TrainingSet set) => [.. Enumerable.Range(0, set.Count).Select(i => learned.Predict(set.Row(i)))];

    static double AucOf(ILearned learned, TrainingSet set) => Metrics.Auc(Predictions(learned, set), set.Labels);

    static double LossOf(ILearned learned, TrainingSet set) => Metrics.LogLoss(Predictions(learned, set), set.Labels);
}
