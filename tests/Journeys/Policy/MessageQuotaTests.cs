using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.Journeys.JourneyFixture;

namespace CartRecovery.Tests.Journeys.Policy;

/// <summary>Messages beyond a store's quota of the month are withheld, and say why.</summary>
public sealed class MessageQuotaTests
{
    [Test]
    public async Task Messages_to_people_beyond_the_quota_are_withheld()
    {
        using var scratch = new Scratch();
        await using var database = ControlDatabase.InFile(scratch.PathOf("control.db"), TestKeys.Master, TimeProvider.System);
        await database.OpenAsync();
        await using var usage = new UsageLedger(database,
            StoreCompiler.Compile([new StoreConfig { Id = "shop", MessagesPerMonth = 2, Keys = [InProcessEngine.Key("sk", KeyKind.Secret)] }]));
        using var run = new JourneyFixture([Series(Step("mail"), Step("crm", hours: 1))]);
        run.It.Options = new JourneyOptions(Open(), run.It.Options.Campaigns, new StoreTable(Stores.Select(store => store with { MessagesPerMonth = 2 })), new byte[32]) { Usage = usage };
        foreach (var shopper in new[] { "1", "2", "3" })
        {
            run.Know($"c{shopper}", $"u{shopper}", $"u{shopper}@x.example");
            run.Decide($"c{shopper}", $"u{shopper}");
        }

        run.Pass(3 * Hour);
        Assert.That(run.Sent.Count(message => message.Channel == "mail"), Is.EqualTo(2));
        Assert.That(run.Sent.Count(message => message.Channel == "crm"), Is.EqualTo(3), "the shop's own systems are no messages");
        Assert.That(run.Reasons, Is.EqualTo(new[] { WithheldReason.QuotaExceeded }));
        Assert.That(usage.Counters.Single(counter => counter.Kind == UsageKind.Messages).Count, Is.EqualTo(2));
    }
}
