using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Scoring;

namespace CartRecovery.Tests.Backtest;

/// <summary>A replay decides by the models that served at each moment.</summary>
public sealed class RecordedModelsTests
{
    [Test]
    public async Task A_canary_that_is_raised_and_promoted_replays_to_the_same_decisions([Values(1, 3)] int lanes)
    {
        using var candidate = OnnxModel.Load(TestModels.Write(TestModels.Constant(0.5f, "next")), FeatureTable.Names);
        var (champion, next) = (new ServedModel(TestStages.Model, ServingPlan.ChampionAlias), new ServedModel(candidate, ServingPlan.CanaryAlias));
        ServingPlan[] plans =
        [
            new(champion), new(champion, new CanaryModel(next, 5)), new(champion, new CanaryModel(next, 40)), new(new ServedModel(candidate, ServingPlan.ChampionAlias)),
        ];
        var decisions = new DecisionsConfig { Campaigns = [TestStages.OnScore("high", above: 0.3), TestStages.OnIdle("left", Duration.FromMinutes(3))], Window = Duration.FromMinutes(5) };

        var traffic = await RecordedTraffic.RecordAsync(quiet: false, series: [.. plans.Select(_ => decisions)], plans: plans);
        var byVersion = traffic.Consumer.Interventions.CountBy(i => (i.Campaign, i.Reasons.ModelVersion)).ToDictionary();
        Assert.That(byVersion.Keys, Is.SupersetOf(new[] { ("high", "test@next"), ("left", "test@next"), ("left", TestStages.Model.Id) }));

        ServedModel[] models = [champion, next];
        var recorded = traffic.ReplayRecorded(lanes, id => models.FirstOrDefault(model => model.Id == id));
        Assert.That(recorded.Difference!.OnlyThen, Is.Empty);
        Assert.That(recorded.Difference.OnlyNow, Is.Empty);
        Assert.That(recorded.Decisions.Select(d => (d.Id, d.Score)), Is.EquivalentTo(traffic.Consumer.Interventions.Select(i => (i.Id, i.Reasons.Score))));

        Assert.That(traffic.ReplayRecorded(lanes).Difference!.IsEmpty, Is.False, "the present model alone decides otherwise");
    }
}
