using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Engine.Learning.OffPolicy;

/// <summary>
/// Estimates a treatment's effect on each row with a T-learner: two logistic regressions, on treated and on untreated rows, whose
/// predictions are subtracted. A row's score comes from other folds' models only; it is the mean over several assignments of folds, since
/// the difference is small against the two models' random error.
/// </summary>
public sealed class Uplift
{
    const double L2 = 10;
    const int Rounds = 5;

    Uplift(TrainingSet rows, float[] scores, bool[] treated) => (Rows, Scores, Treated) = (rows, scores, treated);

    /// <summary>The scored rows.</summary>
    public TrainingSet Rows { get; }

    /// <summary>Estimated effect on the outcome's probability, −1 to 1, held out.</summary>
    public float[] Scores { get; }

    /// <summary>Whether each row was treated.</summary>
    public bool[] Treated { get; }

    /// <summary>1 for rows with the outcome, else 0.</summary>
    public byte[] Outcomes => Rows.Labels;

    /// <summary>Measures how well the scores rank.</summary>
    /// <param name="rounds">The number of bootstrap samples for the interval.</param>
    /// <param name="seed">The random seed for the samples.</param>
    public Qini Rank(int rounds = 1000, ulong seed = 1) => Qini.Of(Scores, Treated, Outcomes, rounds, seed);

    /// <summary>Scores rows treated at random.</summary>
    /// <param name="set">The rows; label 1 is the desired outcome.</param>
    /// <param name="treated">Whether each row was treated.</param>
    /// <param name="folds">The number of folds for cross-fitting, 2 or more.</param>
    /// <param name="seed">The random seed for the folds.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a fold has no rows to learn from.</exception>
    public static Uplift CrossFit(TrainingSet set, bool[] treated, int folds = 5, ulong seed = 1)
    {
        if (treated.Length != set.Count)
        {
            throw new ArgumentException($"{set.Count} rows need as many treatments; there are {treated.Length}.", nameof(treated));
        }

        var filled = Fill(set);
        var scores = new float[set.Count];
        for (var round = 0; round < Rounds; round++)
        {
            var foldOf = Splits.FoldsByGroup(filled, folds, seed + (ulong)round);
            for (var fold = 0; fold < folds; fold++)
            {
                var (with, without) = (Learn(foldOf, fold, true), Learn(foldOf, fold, false));
                for (var i = 0; i < scores.Length; i++)
                {
                    if (foldOf[i] == fold)
                    {
                        scores[i] += (with.Predict(filled.Row(i)) - without.Predict(filled.Row(i))) / Rounds;
                    }
                }
            }
        }

        return new Uplift(set, scores, treated);

        LogisticRegression Learn(int[] foldOf, int without, bool wanted)
        {
            var rows = Enumerable.Range(0, set.Count).Where(i => foldOf[i] != without && treated[i] == wanted).ToList();
            if (rows.Count == 0)
            {
                throw new ArgumentException(wanted ? "No row is treated." : "Every row is treated.", nameof(treated));
            }

            return LogisticRegression.Fit(filled.Select(rows), L2);
        }
    }

    // Missing values become the column's mean, so that both models treat them the same.
    static TrainingSet Fill(TrainingSet set)
    {
        var means = LinearModels.Standards(set.Rows, set.Features.Count).Means;
        return new TrainingSet(set.Features, [.. set.Rows.Select((value, i) => float.IsFinite(value) ? value : (float)means[i % means.Length])],
            set.Labels, set.Groups, set.Times);
    }

    /// <summary>Scores the choices of two actions by the effect of one over the other.</summary>
    /// <exception cref="ArgumentException">A reward is neither 0 nor 1, there are no features, or the two actions' probabilities vary, so
    /// that their choices are not directly comparable.</exception>
    public static Uplift CrossFit(ChoiceLog log, int action, int against, int folds = 5, ulong seed = 1)
    {
        var rows = Enumerable.Range(0, log.Count).Where(i => log.Chosen[i] == action || log.Chosen[i] == against).ToArray();
        foreach (var arm in rows.GroupBy(i => log.Chosen[i]))
        {
            var (least, most) = (arm.Min(i => log.Propensities[i]), arm.Max(i => log.Propensities[i]));
            if (most - least > 1e-6)
            {
                throw new ArgumentException($"'{log.Actions[arm.Key]}' was chosen with propensities from {least} to {most}; uplift needs one for all its choices.", nameof(log));
            }
        }

        if (rows.Any(i => log.Rewards[i] is not (0 or 1)))
        {
            throw new ArgumentException("Uplift needs rewards of 0 or 1.", nameof(log));
        }

        var set = new TrainingSet(log.Features, [.. rows.SelectMany(i => log.Context(i).ToArray())], [.. rows.Select(i => (byte)log.Rewards[i])],
            rows, new long[rows.Length]);
        return CrossFit(set, [.. rows.Select(i => log.Chosen[i] == action)], folds, seed);
    }
}
