using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

[TestFixture]
sealed class ModelHealthTests
{
    [Test]
    public async Task A_model_that_is_no_longer_used_degrades_the_health()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Scoring.Models["uplift"] = config.Scoring.Model);
        var uplift = engine.Host.Serving.Named.Single();
        uplift.Stop("model_run_failed: out of range");

        var health = await engine.Http.GetStringAsync("/health");

        Assert.That(health, Does.Contain("\"degraded\"").And.Contain($"{uplift.Id} (uplift) is no longer used: model_run_failed: out of range"));
    }
}
