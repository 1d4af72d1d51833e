using System.Globalization;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;

namespace CartRecovery.Engine.Learning.Retraining;

/// <summary>
/// Joins a shadow's scores with what became of the carts: the shadow and the champion on the same rows of the journal, whole and by segment. Rows
/// are those since the shadow came into force, which neither has been trained on.
/// </summary>
public static class ShadowEvaluation
{
    // A segment's interval is for reading; nothing is decided by it.
    const int SegmentRounds = 200;

    const int BatchRows = 256;

    static readonly (string Name, string Feature, Func<float, bool> Holds)[] s_segments =
    [
        ("mobile", "is_mobile", value => value > 0), ("tablet", "is_tablet", value => value > 0), ("desktop", "is_desktop", value => value > 0),
        ("known customer", "is_known_customer", value => value > 0), ("unknown shopper", "is_known_customer", value => value == 0),
        ("has ordered before", "customer_orders", value => value > 0), ("empty cart", "item_count", value => value == 0),
        ("filled cart", "item_count", value => value > 0), ("in checkout", "checkout_step", value => value > 0),
        ("first session", "session_count", value => value <= 1), ("later session", "session_count", value => value > 1),
    ];

    /// <summary>Scores rows with a model.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="model">The model.</param>
    /// <param name="cancellation">Cancels the operation.</param>
    public static float[] Score(IReadOnlyList<JournalRow> rows, OnnxModel model, CancellationToken cancellation = default)
    {
        var names = FeatureTable.Names.ToList();
        int[] columns = [.. model.Features.Select(feature => names.IndexOf(feature))];
        var scores = new float[rows.Count];
        using var scorer = model.CreateScorer(BatchRows);
        for (var first = 0; first < rows.Count; first += BatchRows)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(BatchRows, rows.Count - first);
            for (var i = 0; i < count; i++)
            {
                var row = scorer.Row(i);
                for (var column = 0; column < columns.Length; column++)
                {
                    row[column] = rows[first + i].Features[columns[column]];
                }
            }

            scorer.Score(count).CopyTo(scores.AsSpan(first));
        }

        return scores;
    }

    /// <summary>Compares a shadow with the champion.</summary>
    /// <param name="rows">Rows with labels, scored by the champion.</param>
    /// <param name="shadow">The shadow's scores of the rows.</param>
    /// <param name="options">The conditions.</param>
    public static ShadowResult Evaluate(IReadOnlyList<JournalRow> rows, float[] shadow, RetrainingOptions options)
    {
        var conditions = options.Challenge;
        float[] champion = [.. rows.Select(row => row.Score)];
        var all = SetOf(rows, champion, options.Label);
        var whole = Challenge.Judge(all, shadow, champion, conditions);
        var (verdict, reason) = VerdictOf(whole);
        var segments = new List<ShadowSegment>();
        var names = FeatureTable.Names.ToList();
        foreach (var (name, feature, holds) in s_segments)
        {
            var column = names.IndexOf(feature);
            int[] places = [.. Enumerable.Range(0, rows.Count).Where(i => holds(rows[i].Features[column]))];
            var part = all.Select(places);
            var result = Challenge.Judge(
                part, Array.ConvertAll(places, i => shadow[i]), Array.ConvertAll(places, i => champion[i]), conditions with { Rounds = SegmentRounds });
            segments.Add(new ShadowSegment(name, PartSize.Of(part), result.Champion, result.Candidate, result.Gain));
        }

        return new ShadowResult(verdict, reason, PartSize.Of(all), whole.Champion, whole.Candidate, whole.Gain, segments);
    }

    static (ShadowVerdict Verdict, string Reason) VerdictOf(ChallengeResult result)
    {
        if (result is not { Candidate: { } candidate, Gain: { } gain })
        {
            return (ShadowVerdict.Waits, result.Reason);
        }

        var text = string.Create(CultureInfo.InvariantCulture,
            $"The log loss falls by {gain}; the AUC is {candidate.Auc:0.0000}, the champion's {result.Champion!.Auc:0.0000}.");
        return gain.Interval.High < 0 ? (ShadowVerdict.Worse, text)
            : candidate.CalibrationError > result.CalibrationLimit
            ? (ShadowVerdict.Worse, string.Create(CultureInfo.InvariantCulture,
                $"The calibration error is {candidate.CalibrationError:0.0000}; at most {result.CalibrationLimit:0.0000} is allowed on these rows."))
            : gain.Value >= 0 ? (ShadowVerdict.Holds, text) : (ShadowVerdict.Waits, text);
    }

    static TrainingSet SetOf(IReadOnlyList<JournalRow> rows, float[] scores, DatasetLabel label) => new(
        ["score"], scores, [.. rows.Select(row => JournalDataset.LabelOf(row, label) ? (byte)1 : (byte)0)],
        [.. rows.Select(row => row.Group)], [.. rows.Select(row => row.At)]);
}
