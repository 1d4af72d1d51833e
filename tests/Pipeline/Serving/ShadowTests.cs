using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Scoring;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Serving;

/// <summary>Shadows get a sample of the rows and decide nothing.</summary>
public sealed class ShadowTests
{
    const int Carts = 5000;

    OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Load() => _model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), FeatureTable.Names);

    [OneTimeTearDown]
    public void Release() => _model.Dispose();

    [Test]
    public void A_shadow_scores_its_sample_as_the_champion_does_and_changes_no_decision()
    {
        ShadowModel[] shadows = [Shadow("a", 0.2), Shadow("b", 1)];
        using var run = Run(shadows);
        using var alone = Run([]);
        var decisions = Play(run, shadows);
        Assert.That(decisions, Is.Not.Empty.And.EqualTo(Play(alone, [])));

        var (sample, all) = (shadows[0].Comparison.Snapshot(), shadows[1].Comparison.Snapshot());
        Assert.That(all.Rows, Is.EqualTo(Carts));
        Assert.That(sample.Rows, Is.EqualTo(Carts * 0.2).Within(Carts * 0.03));
        Assert.That((sample.LargestDifference, all.LargestDifference), Is.EqualTo((0, 0)), "the same model gives the same scores on the same rows");
        Assert.That(sample.Mean, Is.EqualTo(all.Mean).Within(0.02), "the sample is like all rows");
    }

    [Test]
    public void The_same_rows_are_sampled_whatever_the_batches([Values(1, 7)] int batchRows)
    {
        ShadowModel first = Shadow("a", 0.1), second = Shadow("a", 0.1);
        using var one = Run([first]);
        using var other = Run([second], batchRows);
        Play(one, [first]);
        Play(other, [second]);
        Assert.That(second.Comparison.Snapshot(), Is.EqualTo(first.Comparison.Snapshot()));
    }

    [Test]
    public void A_plan_without_the_shadow_closes_its_queue()
    {
        var shadow = Shadow("a", 1);
        var options = TestStages.Options([], serving: Plan([shadow]));
        using var stages = new Engine.Pipeline.PartitionStages(0, options, new Engine.Pipeline.PartitionCounters());
        Assert.That(shadow.Feeds, Has.Length.EqualTo(1));
        options.Serving = Plan([]);
        options.Campaigns = Support.TestCampaigns.Compile();
        stages.Tick(1);
        using var scorer = new ShadowScorer(TimeProvider.System);
        scorer.Step(Plan([shadow]));
        Assert.That(shadow.Feeds, Is.Empty);
    }

    StageRun Run(ShadowModel[] shadows, int batchRows = 256) => new([TestStages.OnScore("high", above: 0.5)], batchRows: batchRows, serving: Plan(shadows));

    ServingPlan Plan(ShadowModel[] shadows) => new(new ServedModel(_model, ServingPlan.ChampionAlias), shadows: [.. shadows]);

    ShadowModel Shadow(string version, double rate) => new(new ServedModel(_model, ServingPlan.ShadowAlias, $"test@{version}"), rate);

    static string[] Play(StageRun run, ShadowModel[] shadows)
    {
        using var scorer = new ShadowScorer(TimeProvider.System);
        var plan = new ServingPlan(new ServedModel(TestStages.Model, ServingPlan.ChampionAlias), shadows: [.. shadows]);
        for (var from = 0; from < Carts; from += 500)
        {
            run.Play(Enumerable.Range(from, 500).Select(i => Add("p1", (i % 40) + 1) with { Id = $"e{i}", Cart = $"cart {i}" }));
            while (scorer.Step(plan) > 0)
            {
            }
        }

        return run.Consumer.Json;
    }
}
