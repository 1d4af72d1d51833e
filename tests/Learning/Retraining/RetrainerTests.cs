using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Retraining;

public sealed class RetrainerTests
{
    static readonly string[] s_champion = ["item_views", "last_seen_price"];

    static readonly RetrainingOptions s_options = new()
    {
        Trees = new BoostedTreesOptions { Count = 60, Depth = 3, LearningRate = 0.15, Patience = 10 },
        Challenge = new ChallengeOptions { Rounds = 100 },
    };

    [Test]
    public void Rows_that_follow_a_rule_give_a_candidate_that_beats_a_champion_without_one_and_is_the_same_each_time()
    {
        var rows = new JournalDataset(SyntheticRows.Draw(3000, days: 21));
        var first = Run(rows);
        Assert.That((first.IsAccepted, first.Code), Is.EqualTo((true, "better")), first.Reason);
        Assert.That(first.Challenge!.Candidate!.Auc, Is.GreaterThan(0.85));
        Assert.That(first.Features, Does.Contain("item_views").And.Contain("last_seen_price").And.Not.Contain("refunds"), "a constant teaches nothing");
        Assert.That(Run(rows).Model, Is.EqualTo(first.Model));
    }

    [Test]
    public void The_parts_follow_each_other_in_time_and_share_no_shopper()
    {
        var rows = SyntheticRows.Draw(3000, days: 30);
        foreach (var row in rows)
        {
            row.Group /= 2;
        }

        var parts = Run(new JournalDataset(rows)).Parts;
        Assert.That(parts.HeldOut.Rows, Is.InRange(690, 702), "seven of thirty days, but for a shopper of the days before");
        Assert.That(parts.Train.Rows, Is.GreaterThan(2 * parts.Calibrate.Rows));
        Assert.That(parts.Train.Groups + parts.Calibrate.Groups + parts.HeldOut.Groups, Is.EqualTo(1500));
    }

    [TestCase(400, 21, "There are 400 rows")]
    [TestCase(3000, 2, "over 2.0 days")]
    public void Too_few_rows_or_days_are_refused_with_their_numbers(int count, int days, string reason)
    {
        var result = Run(new JournalDataset(SyntheticRows.Draw(count, days)));
        Assert.That((result.IsAccepted, result.Code), Is.EqualTo((false, RetrainingResult.TooLittleData)));
        Assert.That(result.Reason, Does.Contain(reason));
    }

    [Test]
    public void Without_purchases_nothing_is_trained() =>
        Assert.That(Run(new JournalDataset(SyntheticRows.Draw(2000, 21, _ => 0))).Code, Is.EqualTo(RetrainingResult.TooLittleData));

    [Test]
    public void A_candidate_that_is_no_better_than_the_champion_is_refused()
    {
        var rows = SyntheticRows.Draw(3000, days: 21);
        foreach (var row in rows)
        {
            row.Score = (float)SyntheticRows.Truth(row.Features);
        }

        Assert.That(Run(new JournalDataset(rows)).Code, Is.EqualTo("not_better"));
    }

    [Test]
    public void Rows_of_excluded_periods_unlabelled_rows_and_those_of_a_former_concept_are_left_out()
    {
        var rows = SyntheticRows.Draw(3000, days: 30);
        var attack = (From: 10 * SyntheticRows.Day, To: 13 * SyntheticRows.Day);
        var parts = Run(new JournalDataset([.. rows, .. SyntheticRows.Draw(500, 30, isLabelled: false, seed: 2)]), s_options with { From = 5 * SyntheticRows.Day, Excluded = [attack] }).Parts;
        Assert.That(parts.Train.Rows + parts.Calibrate.Rows + parts.HeldOut.Rows, Is.EqualTo(2200));
    }

    [Test]
    public void With_few_purchases_the_prior_hands_over_with_other_probabilities_and_with_many_the_shops_own_rows_win()
    {
        using var scratch = new Scratch();
        using var prior = Prior(scratch);

        // The rule is the prior's, but everything is bought more often.
        var few = new Retrainer(s_options with { MinRowsPerLabel = 5000 }).Run(
            new JournalDataset(SyntheticRows.Draw(1500, 21)), s_champion, prior, "shop", _ => { }, new TrainingRun());
        Assert.That(few.Learner, Does.Contain("the prior"));
        Assert.That(few.IsAccepted, few.Reason);
        Assert.That(few.Compared, Has.Count.EqualTo(2));

        var other = new Retrainer(s_options).Run(
            new JournalDataset(SyntheticRows.Draw(4000, 21, features => features[SyntheticRows.Mobile] > 0 ? 0.5 : 0.05)), s_champion, prior, "shop", _ => { }, new TrainingRun());
        Assert.That(other.IsAccepted, other.Reason);
        Assert.That(other.Challenge!.Candidate!.Auc, Is.GreaterThan(0.75));
        Assert.That(other.Compared, Has.Count.EqualTo(5));
    }

    [Test]
    public void The_file_of_a_prior_with_further_trees_scores_as_the_trees_do()
    {
        using var scratch = new Scratch();
        using var prior = Prior(scratch);
        var rows = SyntheticRows.Draw(2000, 21, features => features[SyntheticRows.Mobile] > 0 ? SyntheticRows.Truth(features) : 0.02);
        string[] features = [.. prior.Features, "is_mobile"];
        var set = new JournalDataset(rows).ToTrainingSet(features, DatasetLabel.PurchasedInSession);
        var start = PriorTrees.Of(prior.Ensemble, [0, 1])!;
        var learned = BoostedTrees.Fit(set, s_options.Trees with { Patience = 0 }, 1, start: start);
        Assert.That(Metrics.LogLoss(Scores(learned), set.Labels), Is.LessThan(Metrics.LogLoss(Scores(start), set.Labels) - 0.05));

        File.WriteAllBytes(scratch.PathOf("next.onnx"), new FittedModel(learned, features, new float[3], null!).ToOnnx("shop", "2"));
        using var model = OnnxModel.Load(scratch.PathOf("next.onnx"), FeatureTable.Names);
        Assert.That(model.IsCompiled);
        Assert.That(ShadowEvaluation.Score(rows, model), Is.EqualTo(Scores(learned)).Within(1e-5));

        float[] Scores(BoostedTrees trees) => [.. Enumerable.Range(0, set.Count).Select(i => trees.Predict(set.Row(i)))];
    }

    [Test]
    public void A_cancelled_training_ends_and_registers_nothing()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => new Retrainer(s_options).Run(
            new JournalDataset(SyntheticRows.Draw(3000, 21)), s_champion, null, "shop", _ => { }, new TrainingRun { Cancellation = stop.Token }));
    }

    static RetrainingResult Run(JournalDataset rows, RetrainingOptions? options = null) =>
        new Retrainer(options ?? s_options).Run(rows, s_champion, prior: null, "shop", _ => { }, new TrainingRun());

    // Knows the rule, and expects half of the purchases.
    static OnnxModel Prior(Scratch scratch)
    {
        var rows = SyntheticRows.Draw(3000, 21, features => SyntheticRows.Truth(features) / 2, seed: 7);
        var set = new JournalDataset(rows).ToTrainingSet(s_champion, DatasetLabel.PurchasedInSession);
        File.WriteAllBytes(scratch.PathOf("prior.onnx"), new FittedModel(BoostedTrees.Fit(set, s_options.Trees with { Patience = 0 }, 1), s_champion, new float[2], null!).ToOnnx("shop", "1"));
        return OnnxModel.Load(scratch.PathOf("prior.onnx"), FeatureTable.Names);
    }
}
