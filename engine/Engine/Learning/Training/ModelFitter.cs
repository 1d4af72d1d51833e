using CartRecovery.Engine.Learning.Calibration;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;

namespace CartRecovery.Engine.Learning.Training;

/// <summary>
/// Fits the learner among <see cref="FitOptions.Trees"/> and logistic regression that performs best in cross-validation on the training
/// rows. The held-out rows are used only for evaluation.
/// </summary>
public static class ModelFitter
{
    const double WatchShare = 0.2;

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
            .. options.Trees.Select(t => new Learner($"{(t.Patience > 0 ? "up to " : "")}{t.Count} gradient-boosted trees of {t.Shape}", rows => FitTrees(rows, t, options))),
        ];
        var ranked = learners.Select(l => (Learner: l, Result: CrossValidate(l, train, options))).OrderByDescending(r => r.Result.Auc).ToArray();
        var best = ranked[0].Learner;
        var (learned, calibration, later) = FitCalibrated(best, train, options);
        return new FittedModel(learned, set.Features, Medians(train), Measure(new Scorer(learned, calibration.Calibration), learned.Description, train, heldOut, options) with
        {
            Candidates = [.. ranked.Select(r => r.Result)],
            Whole = MeasureWhole(best, set, options),
            CalibratedBy = calibration.Calibration.Description,
            CalibrationRows = later,
            Calibrations = calibration.Losses,
        }, calibration.Calibration);
    }

    // The calibrated learner is kept as it is: trained again, on more rows, it would need another calibration. Without a calibration, it gets all rows.
    static (ILearned Learned, CalibrationChoice Choice, PartSize? Rows) FitCalibrated(Learner learner, TrainingSet train, FitOptions options)
    {
        if (options.CalibrationShare <= 0)
        {
            return (learner.Fit(train), new CalibrationChoice(new NoCalibration(), []), null);
        }

        var (before, later) = Splits.ByTime(train, options.CalibrationShare);
        if (!HasBoth(before) || !HasBoth(later))
        {
            return (learner.Fit(train), new CalibrationChoice(new NoCalibration(), []), null);
        }

        var learned = learner.Fit(before);
        float[] logits = [.. Enumerable.Range(0, later.Count).Select(i => learned.Logit(later.Row(i)))];
        var choice = Calibrator.Choose(logits, later.Labels, later.Groups, options.Seed);
        return (choice.Calibration is NoCalibration ? learner.Fit(train) : learned, choice, PartSize.Of(later));
    }

    // Early stopping watches the latest rows of other groups; then all rows are trained on, with as many trees.
    static BoostedTrees FitTrees(TrainingSet rows, BoostedTreesOptions trees, FitOptions options)
    {
        if (trees.Patience > 0)
        {
            var (before, later) = Splits.ByTime(rows, WatchShare);
            var count = HasBoth(before) && HasBoth(later) ? BoostedTrees.Fit(before, trees, options.Seed, later, options.Run).Count : trees.Count;
            trees = trees with { Count = Math.Max(1, count), Patience = 0 };
        }

        return BoostedTrees.Fit(rows, trees, options.Seed, run: options.Run);
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
                    aucs.Add(Metrics.Auc(new Scorer(learner.Fit(learn), new NoCalibration()).All(check), check.Labels));
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

    static FitReport Measure(Scorer scorer, string description, TrainingSet train, TrainingSet heldOut, FitOptions options)
    {
        var scores = scorer.All(heldOut);
        var quality = Measures.Of(scores, heldOut.Labels);
        var interval = Measures.Interval(scores, heldOut.Labels, heldOut.Groups, options.BootstrapRounds, options.Seed);
        var rate = new float[heldOut.Count];
        Array.Fill(rate, (float)train.Positives / train.Count);
        return new FitReport
        {
            Model = description,
            Seed = options.Seed,
            Train = PartSize.Of(train),
            HeldOut = PartSize.Of(heldOut),
            Quality = quality,
            QualityInterval = interval,
            Auc = quality.Auc,
            AucInterval = (interval.Low.Auc, interval.High.Auc),
            AveragePrecision = quality.AveragePrecision,
            LogLoss = quality.LogLoss,
            LogLossOfRate = Metrics.LogLoss(rate, heldOut.Labels),
            Calibration = Metrics.Calibration(scores, heldOut.Labels),
            Lift = Metrics.Lift(scores, heldOut.Labels),
            Roc = Curves.Roc(scores, heldOut.Labels),
            PrecisionRecall = Curves.PrecisionRecall(scores, heldOut.Labels),
            PurchaseScores = ModelPictures.Shares(scores, heldOut.Labels, 1),
            OtherScores = ModelPictures.Shares(scores, heldOut.Labels, 0),
            Segments = [.. options.Slices.Select(slice => Segment(slice, heldOut, scores, options))],
            Importance = Importance(scorer, heldOut, quality.Auc, options),
        };
    }

    static SegmentResult Segment(RowSlice slice, TrainingSet set, float[] scores, FitOptions options)
    {
        int[] rows = [.. Enumerable.Range(0, set.Count).Where(i => slice.Holds(set, i))];
        var part = set.Select(rows);
        var partScores = Array.ConvertAll(rows, i => scores[i]);
        return new SegmentResult(slice.Name, PartSize.Of(part), Measures.Of(partScores, part.Labels),
            Metrics.AucInterval(partScores, part.Labels, part.Groups, options.BootstrapRounds, options.Seed));
    }

    // Each row is scored by a model of the same kind that did not see its group.
    static List<SliceResult> MeasureWhole(Learner learner, TrainingSet set, FitOptions options)
    {
        var foldOf = Splits.FoldsByGroup(set, options.Folds, options.Seed);
        var scores = new float[set.Count];
        for (var fold = 0; fold < options.Folds; fold++)
        {
            var scorer = new Scorer(learner.Fit(Splits.AtFold(set, foldOf, fold).Train), new NoCalibration());
            for (var i = 0; i < scores.Length; i++)
            {
                if (foldOf[i] == fold)
                {
                    scores[i] = scorer.Score(set.Row(i));
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

    static List<(string Feature, double Drop)> Importance(Scorer scorer, TrainingSet set, double auc, FitOptions options)
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
                    scores[i] = scorer.Score(row);
                }
                sum += auc - Metrics.Auc(scores, set.Labels);
            }
            drops.Add((set.Features[feature], sum / Math.Max(1, options.PermutationRounds)));
        }
        return [.. drops.OrderByDescending(d => d.Drop)];
    }

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

    sealed record Scorer(ILearned Learned, ICalibration Calibration)
    {
        // As in service, where a score that is not a number counts as 0.
        internal float Score(ReadOnlySpan<float> row) => Calibration.Apply(Learned.Logit(row)) is var score && float.IsNaN(score) ? 0 : score;

        internal float[] All(TrainingSet set) => [.. Enumerable.Range(0, set.Count).Select(i => Score(set.Row(i)))];
    }
}
