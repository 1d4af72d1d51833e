using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Scoring.Serving;

public sealed class ServingPlanTests
{
    readonly ServedModel _champion = new(TestStages.Model, ServingPlan.ChampionAlias);

    [Test]
    public void The_same_shadow_twice_is_refused() =>
        Assert.That(() => new ServingPlan(_champion, shadows: [Shadow("next", 0.1), Shadow("next", 0.2)]), Throws.ArgumentException);

    [Test]
    public void Two_named_models_of_one_name_are_refused() =>
        Assert.That(() => new ServingPlan(_champion, named: [new(TestStages.Model, "uplift", "a@1"), new(TestStages.Model, "uplift", "a@2")]), Throws.ArgumentException);

    [Test]
    public void A_version_under_two_aliases_is_recorded_with_the_higher_rate()
    {
        var plan = new ServingPlan(_champion, shadows: [Shadow("next", 0.1), Shadow("next", 0.2, "shadow-2")]);
        Assert.That(plan.Record.Shadows, Is.EquivalentTo(new Dictionary<string, double> { ["purchase@next"] = 0.2 }));
    }

    [Test]
    public void A_model_that_was_stopped_is_not_recorded()
    {
        var plan = new ServingPlan(_champion, new CanaryModel(new(TestStages.Model, ServingPlan.CanaryAlias, "purchase@next"), 5), [Shadow("next", 0.1)],
            [new(TestStages.Model, "uplift", "uplift@1")]);
        Assert.That((plan.Record.Canary, plan.Record.CanaryPercent, plan.Record.Shadows.Count, plan.Record.Named.Count), Is.EqualTo(("purchase@next", 5, 1, 1)));
        plan.Canary!.Served.Stop("errors");
        plan.Shadows[0].Served.Stop("too slow");
        plan.Named[0].Stop("errors");
        Assert.That((plan.Record.Canary, plan.Record.CanaryPercent, plan.Record.Shadows.Count, plan.Record.Named.Count), Is.EqualTo(((string?)null, 0, 0, 0)));
    }

    [Test]
    public void A_version_that_serves_is_never_forgotten_and_a_dry_run_lists_none()
    {
        var table = new ModelTrafficTable();
        table.Serve(Plan(table, "live", "live too"));
        var live = table.Of("purchase@live");
        for (var i = 0; i < 3 * ModelTrafficTable.Capacity; i++)
        {
            table.Of($"purchase@tried {i}");
            table.Serve(new ServingPlan(Served(table, $"champion {i}"), shadows: [new(Served(table, "live"), 0.1)]));
        }

        Assert.That(table.All, Has.Count.EqualTo(ModelTrafficTable.Capacity));
        Assert.That(table.All.Select(version => version.Id), Has.None.Contains("tried").And.No.Member("purchase@live too"));
        Assert.That(table.Of("purchase@live"), Is.SameAs(live));
    }

    [Test]
    public void A_version_loaded_twice_before_it_serves_has_one_traffic()
    {
        var table = new ModelTrafficTable();
        var first = table.Of("a@1");
        Assert.That(table.Of("a@1"), Is.SameAs(first));
        Assert.That(table.All, Is.Empty);
    }

    [Test]
    public void A_model_that_serves_again_is_not_disposed()
    {
        using OnnxModel first = Load("first"), second = Load("second"), third = Load("third");
        ServingPlan[] plans = [.. new[] { first, second, third }.Select(ServingPlan.Of)];
        var former = new FormerModels();
        former.Exchange(plans[0], plans[1]);
        former.Exchange(plans[1], plans[0]);
        Assert.That(() => first.CreateScorer(1).Dispose(), Throws.Nothing, "it serves again");
        Assert.That(() => second.CreateScorer(1).Dispose(), Throws.Nothing, "a partition may still take it");
        former.Exchange(plans[0], plans[2]);
        Assert.That(() => second.CreateScorer(1), Throws.InstanceOf<ObjectDisposedException>());
        former.Release(plans[2]);
        Assert.That(() => first.CreateScorer(1), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => third.CreateScorer(1), Throws.InstanceOf<ObjectDisposedException>());
    }

    static ServingPlan Plan(ModelTrafficTable table, string champion, string shadow) => new(Served(table, champion), shadows: [new(Served(table, shadow), 0.1)]);

    static ServedModel Served(ModelTrafficTable table, string version) => new(TestStages.Model, "any", $"purchase@{version}", table.Of($"purchase@{version}"));

    static ShadowModel Shadow(string version, double rate, string alias = ServingPlan.ShadowAlias) => new(new ServedModel(TestStages.Model, alias, $"purchase@{version}"), rate);

    static OnnxModel Load(string version) => OnnxModel.Load(TestModels.Write(TestModels.Constant(0.25f, version)), TestModels.Known);
}
