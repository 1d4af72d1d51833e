using CartRecovery.Contracts;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring;

public sealed class AttributionTests
{
    [Test]
    public void Features_are_ordered_by_attribution()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known); // baseline 1, 2, 3
        using var attribution = new Attribution(model);
        float[] row = [5, 4, 3];
        var top = new FeatureEffect[3];

        var count = attribution.Explain(row, top);

        // hour_of_day is at its baseline and has no effect; the other two change the score by 2 before the sigmoid, in opposite directions.
        Assert.That(count, Is.EqualTo(2));
        var score = TestModels.Expected(row);
        Assert.That(top[..2].ToDictionary(t => t.Name, t => t.Effect), Is.EquivalentTo(new Dictionary<string, double>
        {
            ["cart_value"] = (double)(score - TestModels.Expected([1, 4, 3])),
            ["item_count"] = (double)(score - TestModels.Expected([5, 2, 3])),
        }).Using<KeyValuePair<string, double>>((a, b) => a.Key == b.Key && Math.Abs(a.Value - b.Value) < 1e-6 ? 0 : 1));
        Assert.That(Math.Abs(top[0].Effect), Is.GreaterThanOrEqualTo(Math.Abs(top[1].Effect)));
        Assert.That(top[..2].Select(t => (t.Name, t.Value)), Is.EquivalentTo(new[] { ("cart_value", 5.0), ("item_count", 4.0) }));
    }

    [Test]
    public void Attributions_are_limited_to_the_buffer()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        using var attribution = new Attribution(model);
        var top = new FeatureEffect[1];
        Assert.That(attribution.Explain([1, 9, 4], top), Is.EqualTo(1));
        Assert.That(top[0].Name, Is.EqualTo("item_count"));
        Assert.That(top[0].Effect, Is.Negative);
    }

    [Test]
    public void A_row_at_the_baseline_has_no_attributions()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        using var attribution = new Attribution(model);
        Assert.That(attribution.Explain([1, 2, 3], new FeatureEffect[3]), Is.Zero);
    }

    [Test]
    public void A_row_of_another_width_is_rejected()
    {
        using var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        using var attribution = new Attribution(model);
        Assert.Throws<ArgumentOutOfRangeException>(() => attribution.Explain([1, 2], new FeatureEffect[3]));
    }
}
