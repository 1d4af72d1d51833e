using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Learning.Training;

namespace CartRecovery.Tests.Learning.Evaluation;

public sealed class MetricsTests
{
    [Test]
    public void AUC_counts_correctly_ordered_pairs()
    {
        // Of 2 × 3 pairs, 0.8 wins three; 0.4 wins one, ties one and loses one.
        float[] scores = [0.8f, 0.4f, 0.5f, 0.4f, 0.1f];
        byte[] labels = [1, 1, 0, 0, 0];
        Assert.That(Metrics.Auc(scores, labels), Is.EqualTo(4.5 / 6).Within(1e-12));
    }

    [Test]
    public void AUC_equals_a_count_over_all_pairs()
    {
        var random = new SeededRandom(3);
        var scores = Enumerable.Range(0, 300).Select(_ => random.Below(40) / 40f).ToArray();
        var labels = Enumerable.Range(0, 300).Select(_ => (byte)random.Below(2)).ToArray();
        double wins = 0, pairs = 0;
        for (var i = 0; i < 300; i++)
        {
            for (var j = 0; j < 300; j++)
            {
                if (labels[i] != 1 || labels[j] != 0)
                {
                    continue;
                }

                pairs++;
                wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
            }
        }
        Assert.That(Metrics.Auc(scores, labels), Is.EqualTo(wins / pairs).Within(1e-12));
    }

    [Test]
    public void AUC_of_one_label_is_NaN() => Assert.That(Metrics.Auc([0.1f, 0.2f], [1, 1]), Is.NaN);

    [Test]
    public void Average_precision_is_the_mean_precision_at_each_recall_step()
    {
        // Positives at ranks 1 and 3 of four: (1/1 + 2/3) / 2.
        Assert.That(Metrics.AveragePrecision([0.9f, 0.8f, 0.7f, 0.1f], [1, 0, 1, 0]), Is.EqualTo((1 + 2.0 / 3) / 2).Within(1e-12));
        // Tied rows form one step, with a precision of 1/2.
        Assert.That(Metrics.AveragePrecision([0.5f, 0.5f], [1, 0]), Is.EqualTo(0.5).Within(1e-12));
    }

    [Test]
    public void Log_loss_is_the_mean_negative_log_likelihood()
    {
        Assert.That(Metrics.LogLoss([0.25f, 0.5f], [1, 0]), Is.EqualTo((Math.Log(4) + Math.Log(2)) / 2).Within(1e-6));
        Assert.That(Metrics.LogLoss([0f], [1]), Is.EqualTo(-Math.Log(1e-7)).Within(1e-6), "a certain wrong prediction has a large but finite loss");
    }

    [Test]
    public void Calibration_uses_equal_sized_bins()
    {
        float[] scores = [0.9f, 0.1f, 0.3f, 0.7f];
        var bins = Metrics.Calibration(scores, [1, 0, 1, 1], bins: 2);
        Assert.That(bins, Has.Length.EqualTo(2));
        Assert.That((bins[0].Rows, bins[0].Observed), Is.EqualTo((2, 0.5)));
        Assert.That(bins[0].Predicted, Is.EqualTo(0.2).Within(1e-6));
        Assert.That((bins[1].Rows, bins[1].Observed), Is.EqualTo((2, 1.0)));
        Assert.That(bins[1].Predicted, Is.EqualTo(0.8).Within(1e-6));
    }

    [Test]
    public void The_interval_contains_the_AUC_and_widens_with_fewer_groups()
    {
        var set = SyntheticData.Draw(600, 2, 5, SyntheticData.Line);
        var scores = Enumerable.Range(0, set.Count).Select(i => (float)SyntheticData.Line(set.Row(i).ToArray())).ToArray();
        var auc = Metrics.Auc(scores, set.Labels);
        var (low, high) = Metrics.AucInterval(scores, set.Labels, set.Groups, 500, 1);
        Assert.That(auc, Is.InRange(low, high));
        Assert.That(high - low, Is.InRange(0.01, 0.15));

        // Duplicated rows in the same groups add no evidence; in new groups they would narrow the interval.
        float[] twice = [.. scores, .. scores];
        byte[] labels = [.. set.Labels, .. set.Labels];
        var same = Metrics.AucInterval(twice, labels, [.. set.Groups, .. set.Groups], 500, 1);
        var other = Metrics.AucInterval(twice, labels, [.. set.Groups, .. set.Groups.Select(g => g + 1000)], 500, 1);
        Assert.That(same, Is.EqualTo((low, high)));
        Assert.That(other.High - other.Low, Is.LessThan(high - low));
    }
}
