using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CartRecovery.Engine.Learning.Calibration;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>
/// Makes a candidate for the champion's place from a journal's rows: trains on the older ones, calibrates on newer ones, and judges it against
/// the champion on the newest, whose shoppers neither part has. The champion's scores are those of the rows. With few rows, the candidates are
/// the prior with other probabilities, and with further trees; with more, models of the shop's own rows compete with them. Deterministic.
/// </summary>
/// <param name="options">How.</param>
public sealed class Retrainer(RetrainingOptions options)
{
    const int VersionDigits = 12;

    // The prior of a recalibration is worth as much as some hundred rows of a shop where one in twenty-five is bought.
    const double PriorWeight = 20;

    /// <summary>Makes a candidate and judges it.</summary>
    /// <param name="dataset">The rows, scored by the champion.</param>
    /// <param name="champion">The champion's features.</param>
    /// <param name="prior">The model that is known before there are rows; <see langword="null"/> for none.</param>
    /// <param name="name">The candidate's name.</param>
    /// <param name="log">Receives a line for each step.</param>
    /// <param name="run">Cancellation and limits.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public RetrainingResult Run(JournalDataset dataset, IReadOnlyList<string> champion, OnnxModel? prior, string name, Action<string> log, TrainingRun run)
    {
        JournalRow[] rows = [.. dataset.Rows.Where(row =>
            row.IsLabelled && float.IsFinite(row.Score) && row.At >= options.From && !options.IsExcluded(row.At))];
        var span = rows.Length == 0 ? 0 : (rows[^1].At - rows[0].At) / (double)TimeSpan.MillisecondsPerDay;
        if (rows.Length < options.MinRows || span < options.MinDays)
        {
            return Refuse(Invariant($"There are {rows.Length} rows over {span:0.0} days; {options.MinRows} rows over {options.MinDays:0.#} days are needed."));
        }

        var parts = Split(rows);
        var all = new JournalDataset(rows).ToTrainingSet(FeatureTable.Names, options.Label);
        var (train, calibrate, heldOut) = (all.Select(parts.Train), all.Select(parts.Calibrate), all.Select(parts.HeldOut));
        var sizes = (PartSize.Of(train), PartSize.Of(calibrate), PartSize.Of(heldOut));
        log(Invariant($"train {Text(sizes.Item1)}; calibrate {Text(sizes.Item2)}; held out {Text(sizes.Item3)}"));
        var candidates = Candidates(train, calibrate, champion, prior, run, log);
        if (candidates.Count == 0)
        {
            var needed = Invariant($"Training and calibration need {options.MinRowsPerLabel} rows of each label, or {options.MinRowsPerLabelOfPrior} with a prior");
            return Refuse(Invariant($"{needed}; {sizes.Item1.Positives} and {sizes.Item2.Positives} rows have a purchase.")) with { Parts = sizes };
        }

        var candidate = candidates.MinBy(one => one.LogLoss)!;
        var hash = HashOf(all);
        var fitted = new FittedModel(
            candidate.Learned, candidate.Features, Medians(candidate.Columns(train)), ReportOf(candidate, sizes, heldOut), candidate.Calibration);
        var scores = ScoresOf(fitted, candidate.Columns(heldOut));
        var challenge = Challenge.Judge(heldOut, scores, [.. parts.HeldOut.Select(i => rows[i].Score)], options.Challenge);
        log($"{candidate.Description}: {challenge.Code}: {challenge.Reason}");
        return new RetrainingResult(challenge.IsAccepted, challenge.Code, challenge.Reason)
        {
            Model = fitted.ToOnnx(name, hash[..VersionDigits]),
            Learner = candidate.Description,
            Features = candidate.Features,
            Compared = [.. candidates.Select(one => (one.Description, one.LogLoss))],
            Challenge = challenge,
            Parts = sizes,
            DataHash = hash,
        };
    }

    // Times of the parts in order; a shopper belongs to the part of its first row, and later rows of it are left out of the others.
    (List<int> Train, List<int> Calibrate, List<int> HeldOut) Split(JournalRow[] rows)
    {
        var (first, last) = (rows[0].At, rows[^1].At);
        var heldOutFrom = last - Math.Min((long)options.HeldOut.TotalMilliseconds, (last - first) / 3);
        var before = Array.FindIndex(rows, row => row.At >= heldOutFrom);
        var calibrateFrom = rows[(int)(before * (1 - options.CalibrationShare))].At;
        var (parts, partOf) = ((Train: new List<int>(), Calibrate: new List<int>(), HeldOut: new List<int>()), new Dictionary<int, List<int>>());
        for (var i = 0; i < rows.Length; i++)
        {
            var part = rows[i].At >= heldOutFrom ? parts.HeldOut : rows[i].At >= calibrateFrom ? parts.Calibrate : parts.Train;
            partOf.TryAdd(rows[i].Group, part);
            if (partOf[rows[i].Group] == part)
            {
                part.Add(i);
            }
        }

        return parts;
    }

    List<Candidate> Candidates(
        TrainingSet train, TrainingSet calibrate, IReadOnlyList<string> champion, OnnxModel? prior, TrainingRun run, Action<string> log)
    {
        var candidates = new List<Candidate>();
        var rarest = Math.Min(Rarest(train), Rarest(calibrate));

        // A constant feature teaches nothing now, and would surprise later.
        string[] varying = [.. train.Features.Where((_, column) => rarest > 0 && Varies(train, column))];
        if (rarest >= options.MinRowsPerLabel && varying.Length > 0)
        {
            string[] known = [.. champion.Where(varying.Contains)];
            Add(varying, (rows, watch) => BoostedTrees.Fit(rows, options.Trees, options.Seed, watch, run));
            if (known.Length > 0 && known.Length < varying.Length)
            {
                Add(known, (rows, watch) => BoostedTrees.Fit(rows, options.Trees, options.Seed, watch, run));
            }

            Add(known.Length > 0 ? known : varying, (rows, _) => LogisticRegression.Fit(rows, 10));
        }

        // A prior's features come first, so that its columns are the same in both.
        if (rarest >= options.MinRowsPerLabelOfPrior && PriorTrees.Of(prior?.Ensemble, [.. Enumerable.Range(0, prior?.Features.Count ?? 0)]) is { } known0)
        {
            Recalibrate(known0, prior!.Features);
            string[] features = [.. prior.Features, .. varying.Except(prior.Features, StringComparer.Ordinal)];
            Add(features, (rows, watch) => BoostedTrees.Fit(rows, options.Trees, options.Seed, watch, run, known0));
        }

        return candidates;

        void Add(IReadOnlyList<string> features, Func<TrainingSet, TrainingSet, ILearned> fit)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            var (rows, watch) = (Columns(train, features), Columns(calibrate, features));
            var learned = fit(rows, watch);
            var logits = Logits(learned, watch);
            Keep(learned, Calibrator.Choose(logits, watch.Labels, watch.Groups, options.Seed).Calibration, features, logits);
        }

        // By the rows that train: those that choose must not have seen it.
        void Recalibrate(BoostedTrees learned, IReadOnlyList<string> features)
        {
            var rows = Columns(train, features);
            if (PlattCalibration.Fit(Logits(learned, rows), rows.Labels, PriorWeight) is { } line)
            {
                Keep(learned, line, features, Logits(learned, Columns(calibrate, features)));
            }
        }

        void Keep(ILearned learned, ICalibration calibration, IReadOnlyList<string> features, float[] logits)
        {
            var candidate = new Candidate(learned, calibration, features, Metrics.LogLoss(Array.ConvertAll(logits, calibration.Apply), calibrate.Labels));
            log(Invariant($"{candidate.Description}: log loss {candidate.LogLoss:0.0000} on the rows that calibrate"));
            candidates.Add(candidate);
        }
    }

    static int Rarest(TrainingSet set) => Math.Min(set.Positives, set.Count - set.Positives);

    static float[] Logits(ILearned learned, TrainingSet rows) => [.. Enumerable.Range(0, rows.Count).Select(i => learned.Logit(rows.Row(i)))];

    FitReport ReportOf(Candidate candidate, (PartSize Train, PartSize Calibrate, PartSize HeldOut) sizes, TrainingSet heldOut)
    {
        var rows = candidate.Columns(heldOut);
        float[] scores = [.. Enumerable.Range(0, rows.Count).Select(i => candidate.Calibration.Apply(candidate.Learned.Logit(rows.Row(i))))];
        float[] rate = [.. Enumerable.Repeat((float)sizes.Train.Positives / sizes.Train.Rows, rows.Count)];
        return new FitReport
        {
            Model = candidate.Learned.Description,
            Seed = options.Seed,
            Train = sizes.Train,
            HeldOut = sizes.HeldOut,
            Auc = Metrics.Auc(scores, rows.Labels),
            AucInterval = Metrics.AucInterval(scores, rows.Labels, rows.Groups, options.Challenge.Rounds, options.Seed),
            AveragePrecision = Metrics.AveragePrecision(scores, rows.Labels),
            LogLoss = Metrics.LogLoss(scores, rows.Labels),
            LogLossOfRate = Metrics.LogLoss(rate, rows.Labels),
            Quality = Measures.Of(scores, rows.Labels),
            QualityInterval = Measures.Interval(scores, rows.Labels, rows.Groups, options.Challenge.Rounds, options.Seed),
            CalibratedBy = candidate.Calibration.Description,
            CalibrationRows = sizes.Calibrate,
            Calibration = Metrics.Calibration(scores, rows.Labels),
            Importance = [],
        };
    }

    static RetrainingResult Refuse(string reason) => new(false, RetrainingResult.TooLittleData, reason);

    static float[] ScoresOf(FittedModel model, TrainingSet rows) => [.. Enumerable.Range(0, rows.Count).Select(i => model.Predict(rows.Row(i)))];

    static bool Varies(TrainingSet set, int column)
    {
        var first = set.Row(0)[column];
        for (var i = 1; i < set.Count; i++)
        {
            if (set.Row(i)[column] != first)
            {
                return true;
            }
        }

        return false;
    }

    static TrainingSet Columns(TrainingSet set, IReadOnlyList<string> features)
    {
        int[] columns = [.. features.Select(set.IndexOf)];
        var values = new float[set.Count * columns.Length];
        for (var i = 0; i < set.Count; i++)
        {
            var row = set.Row(i);
            for (var f = 0; f < columns.Length; f++)
            {
                values[i * columns.Length + f] = row[columns[f]];
            }
        }

        return new TrainingSet(features, values, set.Labels, set.Groups, set.Times);
    }

    static float[] Medians(TrainingSet set) => [.. Enumerable.Range(0, set.Features.Count).Select(column =>
    {
        float[] values = [.. Enumerable.Range(0, set.Count).Select(i => set.Row(i)[column]).Where(float.IsFinite).Order()];
        return values.Length == 0 ? 0 : values[values.Length / 2];
    })];

    static string HashOf(TrainingSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(set.Rows.AsSpan()));
        hash.AppendData(set.Labels);
        hash.AppendData(MemoryMarshal.AsBytes(set.Times.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    static string Text(PartSize size) => Invariant($"{size.Rows} rows of {size.Groups} shoppers, {size.Positives} with a purchase");

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    sealed record Candidate(ILearned Learned, ICalibration Calibration, IReadOnlyList<string> Features, double LogLoss)
    {
        public string Description => $"{Learned.Description}, {Features.Count} features, calibration {Calibration.Description}";

        public TrainingSet Columns(TrainingSet set) => Retrainer.Columns(set, Features);
    }
}
