using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Tests.Journeys.Policy;

public sealed class CapRuleTests
{
    static readonly DeliveryChannel[] s_channels =
    [
        new("socket", AddressKind.None), new("crm", AddressKind.None), new("mail", AddressKind.Email), new("texts", AddressKind.Phone),
        new("app", AddressKind.Push),
    ];

    [TestCase("messages", "mail texts app")]
    [TestCase("email", "mail")]
    [TestCase("sms", "texts")]
    [TestCase("push", "app")]
    [TestCase("socket", "socket")]
    [TestCase("crm", "crm")]
    [TestCase("texts", "texts")]
    [TestCase("nothing", "")]
    public void A_cap_counts_its_own_scope(string channel, string counted)
    {
        var rule = CapRule.Of(new CapConfig { Channel = channel, Max = 3, Per = Duration.FromHours(2) });
        Assert.That((rule.Max, rule.Per), Is.EqualTo((3, 7_200_000L)));
        Assert.That(string.Join(' ', s_channels.Where(rule.Counts).Select(c => c.Name)), Is.EqualTo(counted));
    }
}
