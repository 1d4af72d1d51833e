using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;

namespace CartRecovery.Engine.Learning.Evaluation;

/// <summary>
/// Decides whether a candidate replaces the champion: both score the same rows, the newest ones, which neither was trained on, and the
/// candidate must be better by more than chance.
/// </summary>
public static class Challenge
{
    /// <summary>Compares two models' scores.</summary>
    /// <param name="heldOut">The rows.</param>
    /// <param name="candidate">The candidate's probability for each row.</param>
    /// <param name="champion">The champion's.</param>
    /// <param name="options">The conditions.</param>
    /// <exception cref="ArgumentException">The number of scores is not the number of rows.</exception>
    public static ChallengeResult Judge(TrainingSet heldOut, float[] candidate, float[] champion, ChallengeOptions options)
    {
        if (candidate.Length != heldOut.Count || champion.Length != heldOut.Count)
        {
            throw new ArgumentException(
                $"{heldOut.Count} rows need as many scores; there are {candidate.Length} and {champion.Length}.", nameof(candidate));
        }

        int positives = heldOut.Positives, rarer = Math.Min(positives, heldOut.Count - positives);
        if (rarer < options.MinRowsPerLabel)
        {
            return Refused("too_few_rows", $"{heldOut.Count} held-out rows with {positives} of label 1 cannot tell the models apart; "
                + $"{options.MinRowsPerLabel} rows of each label are needed. Wait for more data.");
        }

        if (candidate.AsSpan().IndexOfAnyExceptInRange(0f, 1f) is var place and >= 0)
        {
            return Refused("not_a_probability", Invariant($"The candidate's score of row {place} is {candidate[place]}."));
        }

        RankedScores ours = new(candidate, heldOut.Labels), theirs = new(champion, heldOut.Labels);
        var (mine, other) = (ours.Measure(null), theirs.Measure(null));
        var bootstrap = new GroupBootstrap(heldOut.Groups, options.Seed);
        var weights = new int[heldOut.Count];
        double[] losses = new double[options.Rounds], aucs = new double[options.Rounds];
        for (var round = 0; round < options.Rounds; round++)
        {
            // The same sample for both: what is hard about it is hard for both, and cancels.
            bootstrap.Draw(weights);
            var (a, b) = (ours.Measure(weights), theirs.Measure(weights));
            losses[round] = b.LogLoss - a.LogLoss;
            aucs[round] = a.Auc - b.Auc;
        }
        var gain = new Difference(other.LogLoss - mine.LogLoss, GroupBootstrap.Middle(losses));
        var auc = new Difference(mine.Auc - other.Auc, GroupBootstrap.Middle(aucs));
        var limit = CalibrationLimit.Of(heldOut, candidate, options.MaxCalibrationError);
        var (code, reason) = Verdict(mine, gain, auc, limit, options);
        return new ChallengeResult(code == "better", code, reason, mine, other, gain, auc) { CalibrationLimit = limit };
    }

    static (string Code, string Reason) Verdict(Measures candidate, Difference gain, Difference auc, double limit, ChallengeOptions options)
    {
        if (!(gain.Interval.Low > options.MinGain))
        {
            return ("not_better", Invariant($"The log loss falls by {gain}; the whole interval must be above {options.MinGain:0.####}."));
        }

        if (auc.Interval.High < 0)
        {
            return ("ranks_worse", Invariant($"The log loss falls by {gain}, but the AUC changes by {auc}."));
        }

        return candidate.CalibrationError > limit
            ? ("not_calibrated", Invariant(
                $"The calibration error is {candidate.CalibrationError:0.0000}; at most {limit:0.0000} is allowed on these rows. Calibrate it on later rows."))
            : ("better", Invariant($"The log loss falls by {gain}; the AUC changes by {auc}."));
    }

    static ChallengeResult Refused(string code, string reason) => new(false, code, reason, null, null, null, null);

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The conditions of a challenge.</summary>
public sealed record ChallengeOptions
{
    /// <summary>Minimum fall of the log loss that the whole interval exceeds, 0 or more.</summary>
    public double MinGain { get; init; }

    /// <summary>Maximum calibration error of the candidate, 0–1, on many rows. On few, it may show more by chance: see <see cref="CalibrationLimit"/>.</summary>
    public double MaxCalibrationError { get; init; } = 0.05;

    /// <summary>Minimum number of rows of each label.</summary>
    public int MinRowsPerLabel { get; init; } = 50;

    /// <summary>Number of bootstrap samples.</summary>
    public int Rounds { get; init; } = 1000;

    /// <summary>Random seed of the samples.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>The result of a challenge.</summary>
/// <param name="IsAccepted">Whether the candidate replaces the champion.</param>
/// <param name="Code">
/// <c>better</c>, or why not: <c>too_few_rows</c>, <c>not_a_probability</c>, <c>not_better</c>, <c>ranks_worse</c> or
/// <c>not_calibrated</c>.
/// </param>
/// <param name="Reason">The same for people, with numbers.</param>
/// <param name="Candidate">The candidate's quality; null if it was not measured.</param>
/// <param name="Champion">The champion's.</param>
/// <param name="Gain">The fall of the log loss.</param>
/// <param name="Auc">The rise of the AUC.</param>
public sealed record ChallengeResult(
    bool IsAccepted, string Code, string Reason, Measures? Candidate, Measures? Champion, Difference? Gain, Difference? Auc)
{
    /// <summary>The calibration error that the candidate may have on these rows, 0–1; 1 if it was not measured.</summary>
    public double CalibrationLimit { get; init; } = 1;
}

/// <summary>A difference between two models on the same rows.</summary>
/// <param name="Value">The difference.</param>
/// <param name="Interval">Its 95% interval, by bootstrap over groups with the same samples for both.</param>
public sealed record Difference(double Value, (double Low, double High) Interval)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Value:0.0000} (95% interval {Interval.Low:0.0000} to {Interval.High:0.0000})");
}
