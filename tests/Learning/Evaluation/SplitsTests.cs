using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Tests.Learning.Training;

namespace CartRecovery.Tests.Learning.Evaluation;

public sealed class SplitsTests
{
    static readonly TrainingSet s_set = SyntheticData.Draw(501, 2, 4, SyntheticData.Line);

    [Test]
    public void A_group_stays_in_one_fold()
    {
        var folds = Splits.FoldsByGroup(s_set, 5, 1);
        foreach (var group in s_set.Groups.Zip(folds).GroupBy(p => p.First))
        {
            Assert.That(group.Select(p => p.Second).Distinct().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Groups_and_positives_are_spread_evenly()
    {
        var folds = Splits.FoldsByGroup(s_set, 5, 1);
        var groups = Enumerable.Range(0, 5).Select(f => s_set.Groups.Zip(folds).Where(p => p.Second == f).Select(p => p.First).Distinct().Count());
        Assert.That(groups.Max() - groups.Min(), Is.LessThanOrEqualTo(1));
        var withPositive = s_set.Groups.Where((_, i) => s_set.Labels[i] == 1).ToHashSet();
        var positives = Enumerable.Range(0, 5).Select(f => s_set.Groups.Zip(folds).Where(p => p.Second == f && withPositive.Contains(p.First)).Select(p => p.First).Distinct().Count());
        Assert.That(positives.Max() - positives.Min(), Is.LessThanOrEqualTo(1));
    }

    [Test]
    public void The_seed_determines_the_folds()
    {
        var folds = Splits.FoldsByGroup(s_set, 5, 1);
        var again = Splits.FoldsByGroup(s_set, 5, 1);
        Assert.That(again, Is.EqualTo(folds));
        Assert.That(Splits.FoldsByGroup(s_set, 5, 2), Is.Not.EqualTo(folds));
    }

    [Test]
    public void A_time_split_holds_out_only_later_rows_of_new_groups()
    {
        // Group 1 has rows on both sides of the cut at time 30; its later row is in neither part.
        var set = new TrainingSet(["f"], [0, 1, 2, 3, 4, 5], [0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 2, 3], [10, 20, 25, 30, 30, 40]);
        var (train, heldOut) = Splits.ByTime(set, 0.5);
        Assert.That(train.Rows, Is.EqualTo(new float[] { 0, 1, 2 }));
        Assert.That(heldOut.Rows, Is.EqualTo(new float[] { 4, 5 }));
        Assert.That(heldOut.Groups, Is.EqualTo(new[] { 2, 3 }));
    }

    [Test]
    public void A_set_with_mismatched_lengths_is_rejected()
    {
        Assert.Throws<ArgumentException>(() => _ = new TrainingSet(["f"], [1, 2, 3], [0, 1], [0, 1], [0, 1]));
        Assert.Throws<ArgumentException>(() => _ = new TrainingSet(["f"], [1, 2], [0, 2], [0, 1], [0, 1]));
    }
}
