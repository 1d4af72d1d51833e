using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Scoring;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline.Serving;

/// <summary>Several models decide in one batch.</summary>
public sealed class CanaryTests
{
    const int Carts = 2000;

    OnnxModel _champion = null!;
    OnnxModel _candidate = null!;
    OnnxModel _failing = null!;
    OnnxModel _inexplicable = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _champion = Load(TestModels.Constant(0.25f, "champion"));
        _candidate = Load(TestModels.Constant(0.75f, "candidate"));
        _failing = Load(TestModels.Failing("failing"));
        _inexplicable = Load(TestModels.Failing("inexplicable", baseline: "9,0,0"));
    }

    [OneTimeTearDown]
    public void Release()
    {
        _champion.Dispose();
        _candidate.Dispose();
        _failing.Dispose();
        _inexplicable.Dispose();
    }

    [Test]
    public void A_canary_decides_for_its_share_and_every_decision_names_its_model([Values(1, 7, 256)] int batchRows)
    {
        using var run = new StageRun([TestStages.OnScore("all", above: 0.1)], batchRows: batchRows, serving: Plan(_candidate, percent: 20));
        var decisions = Play(run);
        Assert.That(decisions, Has.Count.EqualTo(Carts));
        Assert.That(decisions.Count(d => d.ModelAlias == "canary"), Is.EqualTo(Carts * 0.2).Within(Carts * 0.04));
        foreach (var decision in decisions)
        {
            var reasons = decision.Intervention.Reasons;
            Assert.That((decision.ModelAlias, reasons.ModelVersion, Math.Round(reasons.Score, 4)),
                Is.EqualTo(("champion", "test@champion", 0.25)).Or.EqualTo(("canary", "test@candidate", 0.75)));
        }
    }

    [Test]
    public void A_shopper_who_is_named_later_stays_with_the_model_of_the_cart()
    {
        const int Shoppers = 100;
        using var run = new StageRun([TestStages.OnScore("all", above: 0.1)], serving: Plan(_candidate, percent: 50));
        run.Play(Enumerable.Range(0, Shoppers).Select(i => Add("p1", 20) with { Id = $"a{i}", Cart = $"cart {i}" }));
        run.Play(Enumerable.Range(0, Shoppers).Select(i => Add("p2", 20).After(Minute) with { Id = $"b{i}", Cart = $"cart {i}", User = $"user {i}" }));
        foreach (var cart in run.Stages.Decisions.GroupBy(decision => decision.Cart))
        {
            Assert.That(cart.Select(decision => (decision.Intervention.UserId is null, decision.ModelAlias)),
                Is.EqualTo(new[] { (true, cart.First().ModelAlias), (false, cart.First().ModelAlias) }));
        }

        Assert.That(run.Stages.Decisions, Has.Count.EqualTo(2 * Shoppers));
    }

    [Test]
    public void Campaigns_judge_the_canarys_score_for_its_carts()
    {
        using var run = new StageRun([TestStages.OnScore("high", above: 0.5)], serving: Plan(_candidate, percent: 20));
        Assert.That(Play(run).Select(d => d.ModelAlias).ToList(), Has.Count.EqualTo(Carts * 0.2).Within(Carts * 0.04).And.All.EqualTo("canary"));
    }

    [Test]
    public void A_canary_that_somebody_else_stops_decides_until_the_campaigns_are_exchanged()
    {
        var options = TestStages.Options([TestStages.OnScore("all", above: 0.1)], serving: Plan(_candidate, percent: 100));
        using var run = new StageRun(options);
        run.Play(Add("p1", 20) with { Cart = "first" });
        options.Serving.Canary!.Served.Stop("score_shift");
        run.Play(Add("p1", 20) with { Id = "e2", Cart = "second" });
        options.Campaigns = Support.TestCampaigns.Compile(TestStages.OnScore("all", above: 0.1));
        run.Play(Add("p1", 20) with { Id = "e3", Cart = "third" });
        Assert.That(run.Stages.Decisions.Select(decision => decision.ModelAlias), Is.EqualTo(new[] { "canary", "canary", "champion" }));
    }

    [Test]
    public void An_exchange_keeps_the_lanes_of_unchanged_models()
    {
        using var model = Load(TestModels.Constant(0.25f, "kept"));
        var champion = new ServedModel(model, ServingPlan.ChampionAlias);
        var options = TestStages.Options([TestStages.OnScore("all", above: 0.1)], serving: new ServingPlan(champion));
        using var run = new StageRun(options);
        model.Dispose();
        options.Serving = new ServingPlan(champion, new CanaryModel(new ServedModel(_candidate, ServingPlan.CanaryAlias), 0));
        options.Campaigns = Support.TestCampaigns.Compile(TestStages.OnScore("all", above: 0.1));
        run.Play(Add("p1", 20));
        Assert.That(run.Stages.Decisions.Select(decision => decision.Intervention.Reasons.ModelVersion), Is.EqualTo(new[] { "test@kept" }), "a new lane needs an open model");
    }

    [Test]
    public void A_canary_that_throws_is_stopped_and_the_champion_decides()
    {
        var plan = Plan(_failing, percent: 50);
        using var run = new StageRun([TestStages.OnScore("all", above: 0.1)], batchRows: 64, serving: plan);
        var decisions = Play(run);
        Assert.That(decisions, Has.Count.EqualTo(Carts));
        Assert.That(decisions.Select(d => d.ModelAlias), Is.All.EqualTo("champion"));
        Assert.That(plan.Canary!.Served.Fault, Does.StartWith("model_run_failed: "));
        Assert.That(plan.Canary.Served.Traffic.Failures, Is.EqualTo(1));
        Assert.That(plan.Champion.Traffic.Rows, Is.EqualTo(Carts));
    }

    [Test]
    public void A_canary_that_throws_while_a_decision_is_explained_is_stopped_and_the_champion_decides()
    {
        var plan = Plan(_inexplicable, percent: 50);
        using var run = new StageRun([TestStages.OnScore("all", above: 0.1)], batchRows: 64, serving: plan);
        var decisions = Play(run, price: 2);
        Assert.That(decisions, Has.Count.EqualTo(Carts), "no cart was reserved in vain");
        Assert.That(decisions.Select(d => d.ModelAlias), Is.All.EqualTo("champion"));
        Assert.That(plan.Canary!.Served.Fault, Does.StartWith("model_run_failed: "));
        Assert.That(plan.Canary.Served.Traffic.Failures, Is.EqualTo(1));
    }

    [Test]
    public void A_named_model_that_throws_while_a_decision_is_explained_is_stopped_and_the_next_campaign_decides()
    {
        var asking = TestStages.OnScore("mailed", above: 0.4);
        asking.Trigger.Score!.Model = "uplift";
        var uplift = new ServedModel(_inexplicable, "uplift");
        using var run = new StageRun([asking, TestStages.OnScore("all", above: 0.1)],
            serving: new ServingPlan(new ServedModel(_champion, ServingPlan.ChampionAlias), named: [uplift]));
        var decisions = Play(run, price: 2);
        Assert.That(decisions, Has.Count.EqualTo(Carts));
        Assert.That(decisions.Select(d => (d.Intervention.Campaign, d.ModelAlias)), Is.All.EqualTo(("all", "champion")));
        Assert.That(uplift.Fault, Does.StartWith("model_run_failed: "));
    }

    [Test]
    public void A_model_with_a_job_scores_only_rows_whose_campaigns_ask_for_it()
    {
        var asking = TestStages.OnScore("mailed", above: 0.5, below: null, new ConditionConfig { Feature = "cart_value", Above = 100 });
        asking.Trigger.Score!.Model = "uplift";
        var uplift = new ServedModel(_candidate, "uplift");
        using var run = new StageRun([asking, TestStages.OnScore("all", above: 0.2)],
            serving: new ServingPlan(new ServedModel(_champion, ServingPlan.ChampionAlias), named: [uplift]));
        run.Play(Enumerable.Range(0, 100).Select(i => Add("p1", i < 30 ? 200 : 20) with { Id = $"e{i}", Cart = $"cart {i}" }));

        var decisions = run.Stages.Decisions.ToLookup(d => (d.Intervention.Campaign, d.ModelAlias, d.Intervention.Reasons.ModelVersion), d => d);
        Assert.That(decisions[("mailed", "uplift", "test@candidate")].Count(), Is.EqualTo(30));
        Assert.That(decisions[("all", "champion", "test@champion")].Count(), Is.EqualTo(70));
        Assert.That((uplift.Traffic.Rows, uplift.Traffic.Runs), Is.EqualTo((30, 1)));
    }

    [Test]
    public void A_campaign_that_asks_for_a_model_that_is_not_there_accepts_nothing([Values] bool throws)
    {
        var asking = TestStages.OnScore("mailed", above: 0);
        asking.Trigger.Score!.Model = "uplift";
        using var run = new StageRun([asking], serving: new ServingPlan(
            new ServedModel(_champion, ServingPlan.ChampionAlias), named: throws ? [new ServedModel(_failing, "uplift")] : []));
        Assert.That(Play(run), Is.Empty);
        Assert.That(run.Counters.Predictions, Is.EqualTo(Carts));
    }

    static List<Decision> Play(StageRun run, decimal price = 20)
    {
        run.Play(Enumerable.Range(0, Carts).Select(i => Add("p1", price) with { Id = $"e{i}", Cart = $"cart {i}" }));
        return run.Stages.Decisions;
    }

    ServingPlan Plan(OnnxModel candidate, double percent) => new(
        new ServedModel(_champion, ServingPlan.ChampionAlias), new CanaryModel(new ServedModel(candidate, ServingPlan.CanaryAlias), percent));

    static OnnxModel Load(Engine.Learning.Training.OnnxGraph graph) => OnnxModel.Load(TestModels.Write(graph), FeatureTable.Names);
}
