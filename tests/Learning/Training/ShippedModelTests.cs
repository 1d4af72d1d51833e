using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Learning.Training;

public sealed class ShippedModelTests
{
    static readonly string s_folder = Path.Combine(Repository.Root, "config", "models");

    [Test]
    public void The_shipped_model_reproduces_its_cards_held_out_AUC()
    {
        var card = File.ReadAllText(Path.Combine(s_folder, "purchase.md"));
        var stated = Regex.Match(card, @"(?<=^\| AUC \| )[0-9.]+", RegexOptions.Multiline, TimeSpan.FromSeconds(5)).Value;
        var (train, heldOut) = Splits.ByTime(PurchaseTrainingSet.From(ShopLogSample.Events), new FitOptions().HeldOutShare);
        using var model = OnnxModel.Load(Path.Combine(s_folder, "purchase.onnx"), FeatureTable.Names);
        Assert.That(model.Features, Is.EqualTo(heldOut.Features));

        Assert.That(train.Groups.Intersect(heldOut.Groups), Is.Empty);
        Assert.That(Metrics.Auc(Scores(model, heldOut), heldOut.Labels), Is.EqualTo(double.Parse(stated, CultureInfo.InvariantCulture)).Within(0.001));
    }

    [Test]
    public void A_filling_cart_scores_higher_than_one_passed_over()
    {
        using var model = OnnxModel.Load(Path.Combine(s_folder, "purchase.onnx"), FeatureTable.Names);
        using var scorer = model.CreateScorer(2);
        string[] features = [.. model.Features];
        foreach (var (feature, filled, past) in (ReadOnlySpan<(string, float, float)>)
            [("event_count", 3, 3), ("session_seconds", 60, 60), ("seconds_since_last_event", 20, 20), ("last_seen_price", 500, 500), ("price_spread", 0, 0.7f),
             ("product_streak", 3, 1), ("product_seconds", 60, 0), ("product_returns", 0, 0), ("cart_value", 500, 0), ("seconds_since_last_add", 0, -1)])
        {
            scorer.Row(0)[Array.IndexOf(features, feature)] = filled;
            scorer.Row(1)[Array.IndexOf(features, feature)] = past;
        }

        var scores = scorer.Score(2);
        Assert.That(scores[0], Is.GreaterThan(5 * scores[1]));
    }

    static float[] Scores(OnnxModel model, TrainingSet set)
    {
        const int Batch = 256;
        using var scorer = model.CreateScorer(Batch);
        var scores = new float[set.Count];
        for (var begin = 0; begin < scores.Length; begin += Batch)
        {
            var count = Math.Min(Batch, scores.Length - begin);
            for (var i = 0; i < count; i++)
            {
                set.Row(begin + i).CopyTo(scorer.Row(i));
            }

            scorer.Score(count).CopyTo(scores.AsSpan(begin));
        }
        return scores;
    }
}
