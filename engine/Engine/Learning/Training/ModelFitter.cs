using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Fits the learner among <see cref="FitOptions.Trees"/> and logistic regression that performs best in cross-validation on the training
/// rows. The held-out rows are used only for evaluation.
/// </summary>
public static class ModelFitter
{
    /// <summary>Fits and evaluates a model.</summary>
    /// <param name="set">All rows; <see cref="Splits.ByTime"/> selects the held-out ones.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">A part has rows of only one label, or too few groups of a label for
    /// cross-validation.</exception>
    public static FittedModel Fit(TrainingSet set, FitOptions options)
    {
        var (train, heldOut) = Splits.ByTime(set, options.HeldOutShare);
        if (!HasBoth(train) || !HasBoth(heldOut))
        {
            throw new ArgumentException($"Both parts need rows of both labels; of {train.Count} training rows {train.Positives} have label 1, of {heldOut.Count} held-out rows {heldOut.Positives}.", nameof(set));
        }

        Learner[] learners =
        [
            new("logistic regression", rows => LogisticRegression.Fit(rows, options.LogisticL2)),
            .. options.Trees.Select(t => new Learner($"{t.Count} gradient-boosted trees of depth {t.Depth}", rows => BoostedTrees.Fit(rows, t, options.Seed))),
        ];
        var ranked = learners.Select(l => (Learner: l, Result: CrossValidate(l, train, options))).OrderByDescending(r => r.Result.Auc).ToArray();
        var best = ranked[0].Learner;
        var learned = best.Fit(train);
        return new FittedModel(learned, set.Features, Medians(train), Measure(learned, train, heldOut, options) with
        {
            Candidates = [.. ranked.Select(r => r.Result)],
            Whole = MeasureWhole(best, set, options),
        });
    }

    static Candidate CrossValidate(Learner learner, TrainingSet train, FitOptions options)
    {
        var aucs = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            var foldOf = Splits.FoldsByGroup(train, options.Folds, options.Seed + (ulong)round);
            for (var fold = 0; fold < options.Folds; fold++)
            {
                var (learn, check) = Splits.AtFold(train, foldOf, fold);
                if (HasBoth(learn) && HasBoth(check))
                {
                    aucs.Add(Metrics.Auc(PredictAll(learner.Fit(learn), check), check.Labels));
                }
            }
        }
        if (aucs.Count == 0)
        {
            throw new ArgumentException("There are too few groups with label 1 or 0 for a cross-validation.", nameof(train));
        }

        var mean = aucs.Average();
        return new Candidate(learner.Name, mean, Math.Sqrt(aucs.Average(a => (a - mean) * (a - mean))));
    }

    static FitReport Measure(ILearned learned, TrainingSet train, TrainingSet heldOut, FitOptions options)
    {
        var scores = PredictAll(learned, heldOut);
        var auc = Metrics.Auc(scores, heldOut.Labels);
        var rate = new float[heldOut.Count];
        Array.Fill(rate, (float)train.Positives / train.Count);
        return new FitReport
        {
            Model = learned.Description,
            Seed = options.Seed,
            Train = PartSize.Of(train),
            HeldOut = PartSize.Of(heldOut),
            Auc = auc,
            AucInterval = Metrics.AucInterval(scores, heldOut.Labels, heldOut.Groups, options.BootstrapRounds, options.Seed),
            AveragePrecision = Metrics.AveragePrecision(scores, heldOut.Labels),
            LogLoss = Metrics.LogLoss(scores, heldOut.Labels),
            LogLossOfRate = Metrics.LogLoss(rate, heldOut.Labels),
            Calibration = Metrics.Calibration(scores, heldOut.Labels),
            Importance = Importance(learned, heldOut, auc, options),
        };
    }

    // Each row is scored by a model of the same kind that did not see its group.
    static List<SliceResult> MeasureWhole(Learner learner, TrainingSet set, FitOptions options)
    {
        var foldOf = Splits.FoldsByGroup(set, options.Folds, options.Seed);
        var scores = new float[set.Count];
        for (var fold = 0; fold < options.Folds; fold++)
        {
            var learned = learner.Fit(Splits.AtFold(set, foldOf, fold).Train);
            for (var i = 0; i < scores.Length; i++)
            {
                if (foldOf[i] == fold)
                {
                    scores[i] = Finite(learned.Predict(set.Row(i)));
                }
            }
        }
        return [Slice("all", _ => true), .. options.Slices.Select(s => Slice(s.Name, i => s.Holds(set, i)))];

        SliceResult Slice(string name, Func<int, bool> isIn)
        {
            var rows = Enumerable.Range(0, set.Count).Where(isIn).ToArray();
            var part = set.Select(rows);
            var partScores = Array.ConvertAll(rows, i => scores[i]);
            return new SliceResult(name, PartSize.Of(part), Metrics.Auc(partScores, part.Labels),
                Metrics.AucInterval(partScores, part.Labels, part.Groups, options.BootstrapRounds, options.Seed));
        }
    }

    static List<(string Feature, double Drop)> Importance(ILearned learned, TrainingSet set, double auc, FitOptions options)
    {
        var random = new SeededRandom(options.Seed);
        var columns = set.Features.Count;
        var scores = new float[set.Count];
        var order = new int[set.Count];
        var row = new float[columns];
        var drops = new List<(string Feature, double Drop)>(columns);
        for (var feature = 0; feature < columns; feature++)
        {
            double sum = 0;
            for (var round = 0; round < options.PermutationRounds; round++)
            {
                for (var i = 0; i < order.Length; i++)
                {
                    order[i] = i;
                }

                random.Choose(order, order.Length);
                for (var i = 0; i < order.Length; i++)
                {
                    set.Row(i).CopyTo(row);
                    row[feature] = set.Rows[order[i] * columns + feature];
                    scores[i] = Finite(learned.Predict(row));
                }
                sum += auc - Metrics.Auc(scores, set.Labels);
            }
            drops.Add((set.Features[feature], sum / Math.Max(1, options.PermutationRounds)));
        }
        return [.. drops.OrderByDescending(d => d.Drop)];
    }

    static float[] PredictAll(ILearned learned, TrainingSet set)
    {
        var scores = new float[set.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = Finite(learned.Predict(set.Row(i)));
        }

        return scores;
    }

    // As in service, where a score that is not a number counts as 0.
    static float Finite(float score) => float.IsNaN(score) ? 0 : score;

    static float[] Medians(TrainingSet set)
    {
        var medians = new float[set.Features.Count];
        for (var j = 0; j < medians.Length; j++)
        {
            var column = new List<float>(set.Count);
            for (var i = 0; i < set.Count; i++)
            {
                if (set.Row(i)[j] is var value && float.IsFinite(value))
                {
                    column.Add(value);
                }
            }

            column.Sort();
            medians[j] = column.Count == 0 ? 0 : column[column.Count / 2];
        }
        return medians;
    }

    static bool HasBoth(TrainingSet set) => set.Positives > 0 && set.Positives < set.Count;

    sealed record Learner(string Name, Func<TrainingSet, ILearned> Fit);
}
