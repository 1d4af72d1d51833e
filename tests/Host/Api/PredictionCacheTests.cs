using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Predictions;
using CartRecovery.Primitives;
using CartRecovery.Tests.Models;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

public sealed class PredictionCacheTests
{
    [Test]
    public void Two_models_that_declare_the_same_name_and_version_do_not_share_predictions()
    {
        using var scratch = new Scratch();
        var cache = new PredictionCache(new ManualTime(1_780_000_000_000));
        var first = Get(2);
        var second = Get(5);

        Assert.That(first, Is.EqualTo(RegistryModels.Expected(2, 100, 1)).Within(1e-5));
        Assert.That(second, Is.EqualTo(RegistryModels.Expected(5, 100, 1)).Within(1e-5));

        float Get(float slope)
        {
            var path = scratch.PathOf($"{slope}.onnx");
            File.WriteAllBytes(path, RegistryModels.Linear(slope));
            using var model = OnnxModel.Load(path, FeatureTable.Names);
            using var predictor = new Predictor(model);
            Assert.That(predictor.ModelId, Is.EqualTo("purchase@2"));
            return cache.Get(new Hash128(1, 2), default(CartRecord), predictor, _ => [100, 1]).Probability;
        }
    }
}
