using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Retraining;

namespace CartRecovery.Tests.Learning.Retraining;

public sealed class ShadowEvaluationTests
{
    static readonly RetrainingOptions s_options = new() { Challenge = new ChallengeOptions { Rounds = 100 } };

    [Test]
    public void A_shadow_that_knows_more_than_the_champion_holds_and_its_segments_are_of_the_same_rows()
    {
        var rows = SyntheticRows.Draw(1500, 3);
        var result = ShadowEvaluation.Evaluate(rows, [.. rows.Select(row => (float)SyntheticRows.Truth(row.Features))], s_options);

        Assert.That(result.Verdict, Is.EqualTo(ShadowVerdict.Holds), result.Reason);
        Assert.That(result.Gain!.Interval.Low, Is.Positive);
        Assert.That(result.Shadow!.Auc, Is.GreaterThan(0.85));
        var mobile = result.Segments.Single(segment => segment.Name == "mobile");
        Assert.That(mobile.Rows.Rows, Is.EqualTo(rows.Count(row => row.Features[SyntheticRows.Mobile] > 0)));
        Assert.That(mobile.Shadow!.LogLoss, Is.LessThan(mobile.Champion!.LogLoss));
        Assert.That(result.Segments.Single(segment => segment.Name == "in checkout"), Has.Property("Gain").Null, "no row is in it");
    }

    [Test]
    public void A_shadow_that_predicts_the_contrary_is_worse()
    {
        var rows = SyntheticRows.Draw(1500, 3);
        var result = ShadowEvaluation.Evaluate(rows, [.. rows.Select(row => 1 - (float)SyntheticRows.Truth(row.Features))], s_options);
        Assert.That(result.Verdict, Is.EqualTo(ShadowVerdict.Worse), result.Reason);
    }

    [Test]
    public void A_shadow_whose_probabilities_are_wrong_is_worse_although_it_ranks_well()
    {
        var rows = SyntheticRows.Draw(1500, 3);
        foreach (var row in rows)
        {
            row.Score = 0.99f;
        }

        var result = ShadowEvaluation.Evaluate(rows, [.. rows.Select(row => (float)Math.Min(1, SyntheticRows.Truth(row.Features) + 0.3))], s_options);
        Assert.That(result.Verdict, Is.EqualTo(ShadowVerdict.Worse));
        Assert.That(result.Reason, Does.StartWith("The calibration error is"));
    }

    [Test]
    public void With_few_purchases_it_waits()
    {
        var rows = SyntheticRows.Draw(60, 3);
        Assert.That(ShadowEvaluation.Evaluate(rows, new float[60], s_options).Verdict, Is.EqualTo(ShadowVerdict.Waits));
        Assert.That(ShadowEvaluation.Evaluate([], [], s_options).Verdict, Is.EqualTo(ShadowVerdict.Waits));
    }
}
