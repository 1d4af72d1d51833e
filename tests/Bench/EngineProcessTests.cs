using CartRecovery.Bench.Load;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Bench;

public sealed class EngineProcessTests
{
    static readonly string s_shipped = File.ReadAllText(Path.Combine(Repository.Root, "config", "cartrecovery.yaml"));

    [Test]
    public void A_section_is_replaced_whole_and_a_campaign_comes_first()
    {
        var text = EngineProcess.Change(s_shipped, "{ name: first }", ["memory: { carts: 7MB }", "  heartbeat: 5s"]);

        Assert.That(text, Does.Contain("\nmemory: { carts: 7MB }\n").And.Not.Contain("customers: 128MB").And.Contain("  heartbeat: 5s\n").And.Contain("  campaigns:\n    - { name: first }\n"));
    }

    [TestCase("memroy: { carts: 7MB }", "memroy:")]
    [TestCase("  heartbeet: 5s", "heartbeet:")]
    public void A_key_that_the_configuration_lacks_fails(string line, string key) =>
        Assert.That(() => EngineProcess.Change(s_shipped, campaign: null, [line]), Throws.InstanceOf<LoadException>().With.Message.Contains(key));

    [Test]
    public void A_configuration_without_campaigns_fails_if_one_is_to_be_inserted() =>
        Assert.That(() => EngineProcess.Change("memory: {}\n", "{ name: first }", []), Throws.InstanceOf<LoadException>());
}
