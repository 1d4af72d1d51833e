using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Engine.ControlPlane.Federation.Oidc;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Federation;

/// <summary>The cached discovery document of a provider.</summary>
[TestFixture]
sealed class OidcDiscoveryTests
{
    [Test]
    public async Task An_old_document_is_served_at_once_while_the_next_one_is_fetched()
    {
        await using var provider = await FakeOidcProvider.StartAsync();
        var time = new ManualTime(0);
        using var http = new FederationHttp();
        var problems = new List<string>();
        var discovery = new OidcDiscovery(provider.Issuer, http, time, problems.Add);
        var first = (await discovery.GetAsync(default)).Document;
        Assert.That((first?.At, (await discovery.GetAsync(default)).Document, provider.Discoveries), Is.EqualTo((time.GetUtcNow(), first, 1)));

        // The provider does not answer yet.
        time.Advance(OidcDiscovery.MaxAge);
        var gate = new TaskCompletionSource();
        provider.Gate = gate.Task;
        Assert.That((await discovery.GetAsync(default)).Document, Is.SameAs(first));
        await Eventually.Is(() => provider.Discoveries == 2, "the next one is fetched meanwhile");
        Assert.That((await discovery.GetAsync(default)).Document, Is.SameAs(first));
        gate.SetResult();
        await Eventually.Is(() => !ReferenceEquals(discovery.GetAsync(default).GetAwaiter().GetResult().Document, first), "it is served then");
        Assert.That((provider.Discoveries, problems.Count), Is.EqualTo((2, 0)));

        // It fails: the former one stays, and a failure is reported once.
        var second = (await discovery.GetAsync(default)).Document;
        provider.Status = 500;
        for (var i = 0; i < 2; i++)
        {
            time.Advance(OidcDiscovery.MaxAge);
            Assert.That((await discovery.GetAsync(default)).Document, Is.SameAs(second));
            await Eventually.Is(() => provider.Discoveries == 3 + i, "it is asked again");
        }

        await Eventually.Is(() => problems.Count > 0, "the cause is reported");
        Assert.That(problems, Has.Count.EqualTo(1));
    }
}
