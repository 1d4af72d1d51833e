using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Tests.Learning.Training;

namespace CartRecovery.Tests.Learning.Evaluation;

public sealed class ChallengeTests
{
    static readonly ChallengeOptions s_options = new() { Rounds = 300 };
    static readonly TrainingSet s_rows = SyntheticData.Draw(4000, 3, 8, SyntheticData.Line);
    static readonly float[] s_truth = Scores(1, 0);

    [Test]
    public void A_candidate_that_knows_more_is_accepted()
    {
        // The champion does not know the second value.
        float[] champion = [.. Enumerable.Range(0, s_rows.Count).Select(i => (float)SyntheticData.Sigmoid(s_rows.Row(i)[0] + 0.3))];
        var result = Challenge.Judge(s_rows, s_truth, champion, s_options);
        Assert.That((result.IsAccepted, result.Code), Is.EqualTo((true, "better")));
        Assert.That(result.Gain!.Value, Is.EqualTo(result.Champion!.LogLoss - result.Candidate!.LogLoss).Within(1e-12).And.InRange(result.Gain.Interval.Low, result.Gain.Interval.High));
        Assert.That(result.Auc!.Interval.Low, Is.GreaterThan(0.05));
    }

    [Test]
    public void A_candidate_as_good_as_the_champion_is_refused([Range(1, 10)] int seed)
    {
        // The same model, each disturbed on its own.
        var result = Challenge.Judge(s_rows, Scores(1, 0.05, seed), Scores(1, 0.05, seed + 100), s_options);
        Assert.That((result.IsAccepted, result.Code), Is.EqualTo((false, "not_better")));
        Assert.That(result.Reason, Does.Contain("95% interval"));
    }

    [Test]
    public void Flipped_labels_and_a_worse_ranking_are_refused()
    {
        float[] flipped = [.. s_truth.Select(p => 1 - p)];
        Assert.That(Challenge.Judge(s_rows, flipped, s_truth, s_options).Code, Is.EqualTo("not_better"));
        // The champion ranks perfectly well and is far from calibrated; the candidate is calibrated and ranks worse.
        float[] uncalibrated = [.. s_truth.Select(p => p / 50)];
        Assert.That(Challenge.Judge(s_rows, Scores(1, 0.8), uncalibrated, s_options).Code, Is.EqualTo("ranks_worse"));
    }

    [Test]
    public void An_uncalibrated_candidate_is_refused()
    {
        float[] low = [.. s_truth.Select(p => 0.8f * p)];
        float[] lower = [.. s_truth.Select(p => 0.3f * p)];
        var result = Challenge.Judge(s_rows, low, lower, s_options);
        Assert.That(result.Code, Is.EqualTo("not_calibrated"));
        Assert.That(Challenge.Judge(s_rows, low, lower, s_options with { MaxCalibrationError = 0.2 }).IsAccepted);
    }

    [TestCase(150)]
    [TestCase(400)]
    [TestCase(4000)]
    public void A_calibrated_candidate_passes_however_few_the_rows_and_a_wrong_one_fails(int count)
    {
        var (passed, wrong) = (0, 0);
        for (var draw = 1; draw <= 40; draw++)
        {
            var rows = SyntheticData.Draw(count, 3, (ulong)draw, SyntheticData.Line);
            float[] truth = [.. Enumerable.Range(0, count).Select(i => (float)SyntheticData.Line(rows.Row(i).ToArray()))];
            float[] high = [.. truth.Select(p => Math.Min(1, p + 0.25f))];
            passed += Metrics.CalibrationError(truth, rows.Labels) <= CalibrationLimit.Of(rows, truth, 0.05) ? 1 : 0;
            wrong += Metrics.CalibrationError(high, rows.Labels) <= CalibrationLimit.Of(rows, high, 0.05) ? 1 : 0;
        }

        Assert.That(passed, Is.GreaterThanOrEqualTo(32), "of 40");
        Assert.That(wrong, Is.LessThanOrEqualTo(2));
    }

    [Test]
    public void The_calibration_limit_is_the_allowed_error_on_many_rows_and_higher_on_few_or_on_rows_of_the_same_shoppers()
    {
        var few = s_rows.Select([.. Enumerable.Range(0, 200)]);
        var shared = new TrainingSet(few.Features, few.Rows, few.Labels, [.. few.Groups.Select((_, i) => i / 4)], few.Times);
        var (large, small, grouped) = (CalibrationLimit.Of(s_rows, s_truth, 0.1), CalibrationLimit.Of(few, s_truth[..200], 0.1), CalibrationLimit.Of(shared, s_truth[..200], 0.1));
        Assert.That(large, Is.InRange(0.1, 0.11));
        Assert.That(small, Is.GreaterThan(large).And.LessThan(0.2));
        Assert.That(grouped, Is.GreaterThan(small));
    }

    [Test]
    public void Too_few_rows_and_scores_that_are_no_probabilities_are_refused()
    {
        var few = s_rows.Select([.. Enumerable.Range(0, 60)]);
        Assert.That(Challenge.Judge(few, s_truth[..60], s_truth[..60], s_options).Code, Is.EqualTo("too_few_rows"));
        foreach (var wrong in (float[])[float.NaN, -0.1f, 1.1f])
        {
            var scores = s_truth.ToArray();
            scores[7] = wrong;
            var result = Challenge.Judge(s_rows, scores, s_truth, s_options);
            Assert.That((result.Code, result.Reason), Is.EqualTo(("not_a_probability", FormattableString.Invariant($"The candidate's score of row 7 is {wrong}."))));
        }

        Assert.Throws<ArgumentException>(() => Challenge.Judge(s_rows, s_truth[..5], s_truth, s_options));
    }

    // The true probabilities with a disturbance of their log odds.
    static float[] Scores(double scale, double noise, int seed = 1)
    {
        var random = new SeededRandom((ulong)seed);
        return [.. Enumerable.Range(0, s_rows.Count).Select(i =>
        {
            var p = SyntheticData.Line(s_rows.Row(i).ToArray());
            return (float)SyntheticData.Sigmoid(scale * Math.Log(p / (1 - p)) + noise * 2 * Math.Sqrt(3) * (random.Unit() - 0.5));
        })];
    }
}
