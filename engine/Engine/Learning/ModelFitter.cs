namespace CartRecovery.Engine.Learning;

/// <summary>Fits a model: logistic regression or boosted trees, whichever does better in a cross-validation that sees the training
/// rows alone. The held-out rows are only measured on.</summary>
public static class ModelFitter
{
    /// <summary>Fits and measures a model.</summary>
    /// <param name="train">The rows to learn from and to choose by.</param>
    /// <param name="heldOut">The rows to measure on; of other groups.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ArgumentException">A part has rows of one label alone, the parts' features differ, or a group stands in both.</exception>
    public static FittedModel Fit(TrainingSet train, TrainingSet heldOut, FitOptions options)
    {
        Check(train, heldOut);
        var foldOf = Splits.FoldsByGroup(train, options.Folds, options.Seed);
        List<double> logisticAucs = [], treeAucs = [];
        var treeCounts = new List<int>();
        for (var fold = 0; fold < options.Folds; fold++)
        {
            var (learn, check) = Splits.AtFold(train, foldOf, fold);
            if (!HasBoth(learn) || !HasBoth(check)) continue;
            logisticAucs.Add(Metrics.Auc(PredictAll(LogisticRegression.Fit(learn, options.LogisticL2), check), check.Labels));

            // What says when to stop is taken out of the learning rows, so that the fold's AUC is not tuned to its own rows.
            var (grow, watched) = Splits.AtFold(learn, Splits.FoldsByGroup(learn, 5, options.Seed + 1), 0);
            var trees = BoostedTrees.Fit(grow, watched, options.Trees, options.Seed);
            treeCounts.Add(trees.Count);
            treeAucs.Add(Metrics.Auc(PredictAll(trees, check), check.Labels));
        }
        if (logisticAucs.Count == 0)
            throw new ArgumentException("There are too few groups with label 1 or 0 for a cross-validation.", nameof(train));

        treeCounts.Sort();
        var treeCount = Math.Max(1, treeCounts[treeCounts.Count / 2]);
        var useTrees = treeAucs.Average() > logisticAucs.Average();
        ILearned learned = useTrees
            ? BoostedTrees.Fit(train, watched: null, options.Trees with { MaxTrees = treeCount }, options.Seed)
            : LogisticRegression.Fit(train, options.LogisticL2);
        Candidate[] candidates = [Summary("logistic regression", logisticAucs), Summary("gradient-boosted trees", treeAucs)];
        if (useTrees) Array.Reverse(candidates);
        return new FittedModel(learned, train.Features, Medians(train), Measure(learned, candidates, train, heldOut, options));
    }

    private static FitReport Measure(ILearned learned, Candidate[] candidates, TrainingSet train, TrainingSet heldOut, FitOptions options)
    {
        var scores = PredictAll(learned, heldOut);
        var auc = Metrics.Auc(scores, heldOut.Labels);
        var rate = new float[heldOut.Count];
        Array.Fill(rate, (float)train.Positives / train.Count);
        return new FitReport
        {
            Candidates = candidates,
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

    private static List<(string Feature, double Drop)> Importance(ILearned learned, TrainingSet set, double auc, FitOptions options)
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
                for (var i = 0; i < order.Length; i++) order[i] = i;
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

    private static float[] PredictAll(ILearned learned, TrainingSet set)
    {
        var scores = new float[set.Count];
        for (var i = 0; i < scores.Length; i++) scores[i] = Finite(learned.Predict(set.Row(i)));
        return scores;
    }

    // As in service, where a score that is no number counts as 0.
    private static float Finite(float score) => float.IsNaN(score) ? 0 : score;

    private static float[] Medians(TrainingSet set)
    {
        var medians = new float[set.Features.Count];
        for (var j = 0; j < medians.Length; j++)
        {
            var column = new List<float>(set.Count);
            for (var i = 0; i < set.Count; i++)
                if (set.Row(i)[j] is var value && float.IsFinite(value)) column.Add(value);
            column.Sort();
            medians[j] = column.Count == 0 ? 0 : column[column.Count / 2];
        }
        return medians;
    }

    private static Candidate Summary(string learner, List<double> aucs)
    {
        var mean = aucs.Average();
        return new Candidate(learner, mean, Math.Sqrt(aucs.Average(a => (a - mean) * (a - mean))));
    }

    private static bool HasBoth(TrainingSet set) => set.Positives > 0 && set.Positives < set.Count;

    private static void Check(TrainingSet train, TrainingSet heldOut)
    {
        if (!train.Features.SequenceEqual(heldOut.Features, StringComparer.Ordinal))
            throw new ArgumentException("The training rows and the held-out rows have different features.", nameof(heldOut));
        if (!HasBoth(train) || !HasBoth(heldOut))
            throw new ArgumentException($"Both parts need rows of both labels; of {train.Count} training rows {train.Positives} have label 1, of {heldOut.Count} held-out rows {heldOut.Positives}.");
        if (train.Groups.Intersect(heldOut.Groups).Any())
            throw new ArgumentException("A group has rows in both parts; the measure would flatter the model.", nameof(heldOut));
    }
}
