using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Decisions;

namespace CartRecovery.Tests.Support;

/// <summary>Campaigns compiled from their configuration.</summary>
static class TestCampaigns
{
    public static CampaignSet Compile(params IEnumerable<CampaignConfig> campaigns) =>
        CampaignCompiler.Compile(new DecisionsConfig { Campaigns = [.. campaigns] });
}
