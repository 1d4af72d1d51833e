using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>Lets a fitted model challenge a model in a file on the rows that were held out from its fit.</summary>
static class ChampionChallenge
{
    const int Batch = 256;

    /// <summary>Judges a candidate.</summary>
    /// <param name="candidate">The fitted model.</param>
    /// <param name="set">All rows given to the fit.</param>
    /// <param name="fit">The options of the fit.</param>
    /// <param name="champion">The other model's file. It should not have been trained on these rows.</param>
    /// <exception cref="ModelException">The file cannot be used, or asks for a feature that the rows do not have.</exception>
    internal static ChallengeResult Judge(FittedModel candidate, TrainingSet set, FitOptions fit, string champion)
    {
        var heldOut = Splits.ByTime(set, fit.HeldOutShare).HeldOut;
        using var model = OnnxModel.Load(champion, heldOut.Features);
        float[] ours = [.. Enumerable.Range(0, heldOut.Count).Select(i => candidate.Predict(heldOut.Row(i)))];
        return Challenge.Judge(heldOut, ours, Scores(model, heldOut), new ChallengeOptions { Seed = fit.Seed, Rounds = fit.BootstrapRounds });
    }

    static float[] Scores(OnnxModel model, TrainingSet set)
    {
        int[] columns = [.. model.Features.Select(set.IndexOf)];
        using var scorer = model.CreateScorer(Batch);
        var scores = new float[set.Count];
        for (var begin = 0; begin < scores.Length; begin += Batch)
        {
            var count = Math.Min(Batch, scores.Length - begin);
            for (var i = 0; i < count; i++)
            {
                var to = scorer.Row(i);
                for (var j = 0; j < columns.Length; j++)
                {
                    to[j] = set.Row(begin + i)[columns[j]];
                }
            }

            scorer.Score(count).CopyTo(scores.AsSpan(begin));
        }
        return scores;
    }
}
