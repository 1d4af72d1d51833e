using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Backtest;

/// <summary>A replay decides by what was in force at each moment.</summary>
public sealed class RecordedCampaignsTests
{
    static readonly DecisionsConfig[] s_series =
    [
        new() { Campaigns = [TestStages.OnEvent("added", "add_to_cart"), TestStages.OnIdle("left", Duration.FromMinutes(3))], Window = Duration.FromMinutes(5) },
        new() { Campaigns = [TestStages.OnScore("keen", above: 0.05)], Window = Duration.FromMinutes(1) },
        new() { Campaigns = [TestStages.OnIdle("left-soon", Duration.FromMinutes(1))], Window = Duration.FromMinutes(30) },
        new() { Campaigns = [TestStages.OnEvent("viewed", "view_item"), TestStages.OnIdle("left", Duration.FromMinutes(7))], Window = Duration.FromMinutes(1) },
    ];

    [Test]
    public async Task Three_changes_of_campaigns_replay_to_the_same_decisions([Values(1, 3)] int lanes, [Values] bool quiet)
    {
        var traffic = await RecordedTraffic.RecordAsync(quiet, series: s_series);
        Assert.That(traffic.Consumer.Campaigns.Distinct(), Is.SupersetOf(new[] { "added", "keen", "left-soon", "viewed" }));

        var recorded = traffic.ReplayRecorded(lanes);
        Assert.That(recorded.Difference!.OnlyThen, Is.Empty);
        Assert.That(recorded.Difference.OnlyNow, Is.Empty);
        Assert.That(recorded.Decisions.Select(d => d.Id), Is.EquivalentTo(traffic.Consumer.Interventions.Select(i => i.Id)));

        Assert.That(traffic.Replay(lanes).Difference!.IsEmpty, Is.False, "other campaigns decide otherwise");
    }
}
