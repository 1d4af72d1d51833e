using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Learning.Datasets;
using CartRecovery.Tests.Scoring;

namespace CartRecovery.Tests.Pipeline.Serving;

/// <summary>A real shop's night, with a canary for half of the shoppers.</summary>
public sealed class PoisonedCanaryTests
{
    static readonly CanaryPolicy s_policy = new() { Horizon = TimeSpan.FromMinutes(30) };

    OnnxModel _poisoned = null!;

    [OneTimeSetUp]
    public void Fit()
    {
        // The same rows and learner as a good candidate's, with the labels the wrong way round.
        var set = PurchaseTrainingSet.From(ShopLogSample.Events);
        var flipped = new TrainingSet(set.Features, set.Rows, [.. set.Labels.Select(label => (byte)(1 - label))], set.Groups, set.Times);
        var graph = TestModels.Named(string.Join(',', set.Features), version: "poisoned");
        graph.Input("x", OnnxGraph.Float, -1, set.Features.Count);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        BoostedTrees.Fit(flipped, new BoostedTreesOptions { Count = 20 }, 1).Write(graph, "x", "p");
        _poisoned = OnnxModel.Load(TestModels.Write(graph), FeatureTable.Names);
    }

    [OneTimeTearDown]
    public void Release() => _poisoned.Dispose();

    [Test]
    public void A_candidate_with_flipped_labels_is_rolled_back_by_its_scores()
    {
        var verdict = Judge(_poisoned, s_policy);
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.RollBack, "score_shift")), verdict.Text);
    }

    [Test]
    public void It_is_rolled_back_by_outcomes_alone()
    {
        var verdict = Judge(_poisoned, s_policy with { MaxStabilityIndex = double.PositiveInfinity });
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.RollBack, "log_loss")), verdict.Text);
    }

    [Test]
    public void The_champion_as_its_own_canary_is_not_rolled_back()
    {
        var verdict = Judge(TestStages.Model, s_policy with { MinOrders = 0 });
        Assert.That((verdict.Action, verdict.Reason), Is.EqualTo((CanaryAction.StepUp, "passed")), verdict.Text);
    }

    static CanaryVerdict Judge(OnnxModel candidate, CanaryPolicy policy)
    {
        var outcomes = new CanaryOutcomes(policy.Horizon, policy.Alpha);
        var canary = new CanaryModel(new ServedModel(candidate, ServingPlan.CanaryAlias), 50, outcomes);
        var champion = new ServedModel(TestStages.Model, ServingPlan.ChampionAlias);
        var options = TestStages.Options([], memory: 16 << 20, serving: new ServingPlan(champion, canary));
        using var pipeline = new PipelineFixture(options, partitions: 2, receivedAt: 0);
        foreach (var e in ShopLogSample.Events)
        {
            pipeline.ReceiveAt(e.At);
            pipeline.Router.RouteJson(ShopLogSample.ToJson(e));
            pipeline.Process();
            pipeline.Decide();
            canary.Drain();
        }

        outcomes.Advance(ShopLogSample.Events[^1].At + EventReading.Day);
        Assert.That(canary.Dropped, Is.Zero);
        return new CanaryGuard(policy).Judge(canary, champion, outcomes.Snapshot(), 0);
    }
}
