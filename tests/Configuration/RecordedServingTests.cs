using System.Collections.Immutable;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Configuration;

public sealed class RecordedServingTests
{
    static readonly ServingRecord s_record = new()
    {
        Champion = "purchase@1",
        Canary = "purchase@2",
        CanaryPercent = 12.5,
        Shadows = ImmutableSortedDictionary<string, double>.Empty.Add("purchase@3", 0.2),
        Named = ImmutableSortedDictionary<string, string>.Empty.Add("uplift", "uplift@1"),
    };

    [Test]
    public void The_journal_records_which_models_serve()
    {
        var read = ConfigurationRecord.ReadServing(Write(s_record))!;
        Assert.That((read.Champion, read.Canary, read.CanaryPercent), Is.EqualTo((s_record.Champion, s_record.Canary, s_record.CanaryPercent)));
        Assert.That(read.Shadows, Is.EqualTo(s_record.Shadows));
        Assert.That(read.Named, Is.EqualTo(s_record.Named));
    }

    [Test]
    public void A_record_of_an_earlier_version_says_nothing_of_models() => Assert.That(ConfigurationRecord.ReadServing(Write(null)), Is.Null);

    [Test]
    public void Recorded_campaigns_decide_by_the_models_of_then()
    {
        var plan = CampaignCompiler.Compile(Write(s_record), TestStages.Stores, Find)!.Serving!;
        Assert.That((plan.Champion.Id, plan.Champion.Alias), Is.EqualTo(("purchase@1", "champion")));
        Assert.That((plan.Canary!.Served.Id, plan.Canary.Served.Alias, plan.Canary.Percent), Is.EqualTo(("purchase@2", "canary", 12.5)));
        Assert.That(plan.Named.Select(model => (model.Alias, model.Id)), Is.EqualTo(new[] { ("uplift", "uplift@1") }));
        Assert.That(plan.Shadows, Is.Empty, "a shadow decides nothing");
    }

    [TestCase("purchase@1")]
    [TestCase("purchase@2")]
    [TestCase("uplift@1")]
    public void Without_a_model_that_decided_the_pipelines_own_serve(string missing) =>
        Assert.That(CampaignCompiler.Compile(Write(s_record), TestStages.Stores, id => id == missing ? null : Find(id))!.Serving, Is.Null);

    static ServedModel? Find(string id) => new(TestStages.Model, "", id);

    static byte[] Write(ServingRecord? serving) =>
        ConfigurationRecord.Write(new DecisionsConfig(), new ContactConfig(), TestStages.Stores, serving: serving);
}
