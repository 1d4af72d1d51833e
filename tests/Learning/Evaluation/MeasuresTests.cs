using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Evaluation;

public sealed class MeasuresTests
{
    static readonly float[] s_scores = [0.9f, 0.8f, 0.8f, 0.4f, 0.3f, 0.05f];
    static readonly byte[] s_labels = [1, 1, 0, 0, 1, 0];

    [Test]
    public void All_measures_agree_with_their_definitions()
    {
        var measures = Measures.Of(s_scores, s_labels);
        Assert.That(measures.Auc, Is.EqualTo(Metrics.Auc(s_scores, s_labels)).Within(1e-12).And.EqualTo(6.5 / 9).Within(1e-12));
        Assert.That(measures.AveragePrecision, Is.EqualTo(Metrics.AveragePrecision(s_scores, s_labels)).Within(1e-12));
        Assert.That(measures.LogLoss, Is.EqualTo(Metrics.LogLoss(s_scores, s_labels)).Within(1e-12));
        Assert.That(measures.Brier, Is.EqualTo(Metrics.Brier(s_scores, s_labels)).Within(1e-12).And.EqualTo((0.01 + 0.04 + 0.64 + 0.16 + 0.49 + 0.0025) / 6).Within(1e-6));
        // Bins 9, 8, 4, 3 and 0: 0.1, 0.4 − 1 + … of the scores' sums against the labels'.
        Assert.That(measures.CalibrationError, Is.EqualTo(Metrics.CalibrationError(s_scores, s_labels)).Within(1e-12).And.EqualTo((0.1 + 0.6 + 0.4 + 0.7 + 0.05) / 6).Within(1e-6));
    }

    [Test]
    public void A_weight_counts_a_row_as_often()
    {
        var weighted = new RankedScores(s_scores, s_labels).Measure([2, 1, 0, 3, 1, 1]);
        float[] scores = [0.9f, 0.9f, 0.8f, 0.4f, 0.4f, 0.4f, 0.3f, 0.05f];
        byte[] labels = [1, 1, 1, 0, 0, 0, 1, 0];
        Assert.That(weighted.Auc, Is.EqualTo(Metrics.Auc(scores, labels)).Within(1e-12));
        Assert.That(weighted.AveragePrecision, Is.EqualTo(Metrics.AveragePrecision(scores, labels)).Within(1e-12));
        Assert.That(weighted.LogLoss, Is.EqualTo(Metrics.LogLoss(scores, labels)).Within(1e-12));
        Assert.That(weighted.Brier, Is.EqualTo(Metrics.Brier(scores, labels)).Within(1e-12));
        Assert.That(weighted.CalibrationError, Is.EqualTo(Metrics.CalibrationError(scores, labels)).Within(1e-12));
    }

    [Test]
    public void Intervals_contain_the_value_and_widen_if_groups_are_large()
    {
        var random = new SeededRandom(5);
        float[] scores = [.. Enumerable.Range(0, 2000).Select(i => (float)(i / 20 % 10 + random.Unit()) / 11)];
        byte[] labels = [.. scores.Select(s => random.Unit() < s ? (byte)1 : (byte)0)];
        var single = Measures.Interval(scores, labels, [.. Enumerable.Range(0, 2000)], 300, 1);
        var value = Measures.Of(scores, labels);
        foreach (var of in (Func<Measures, double>[])[m => m.Auc, m => m.AveragePrecision, m => m.LogLoss, m => m.Brier])
        {
            Assert.That(of(value), Is.InRange(of(single.Low), of(single.High)));
            // Twenty rows of one group all have about the same score.
            var grouped = Measures.Interval(scores, labels, [.. Enumerable.Range(0, 2000).Select(i => i / 20)], 300, 1);
            Assert.That(of(grouped.High) - of(grouped.Low), Is.GreaterThan(1.2 * (of(single.High) - of(single.Low))));
        }
    }

    [Test]
    public void Lift_compares_the_best_rows_with_all()
    {
        var lift = Metrics.Lift([0.9f, 0.1f, 0.8f, 0.2f, 0.3f, 0.4f], [1, 0, 1, 0, 0, 1], parts: 3);
        Assert.That(lift, Is.EqualTo(new[] { new LiftPart(2, 1, 2, 2 / 3.0), new LiftPart(2, 0.5, 1, 1), new LiftPart(2, 0, 0, 1) }));
    }

    [Test]
    public void Curves_run_from_the_strictest_threshold_to_the_loosest()
    {
        var roc = Curves.Roc(s_scores, s_labels);
        Assert.That((roc[0], roc[1], roc[2], roc[^1]), Is.EqualTo(((0.0, 0.0), (0.0, 1 / 3.0), (1 / 3.0, 2 / 3.0), (1.0, 1.0))));
        var area = roc.Zip(roc.Skip(1), (a, b) => (b.X - a.X) * (a.Y + b.Y) / 2).Sum();
        Assert.That(area, Is.EqualTo(Metrics.Auc(s_scores, s_labels)).Within(1e-12));
        var precision = Curves.PrecisionRecall(s_scores, s_labels);
        Assert.That((precision[0], precision[1], precision[^1]), Is.EqualTo(((1 / 3.0, 1.0), (2 / 3.0, 2 / 3.0), (1.0, 0.5))));
        Assert.That(Curves.Roc([.. Enumerable.Range(0, 5000).Select(i => i / 5000f)], [.. Enumerable.Range(0, 5000).Select(i => (byte)(i % 2))], 100).Count, Is.LessThanOrEqualTo(101));
    }
}
