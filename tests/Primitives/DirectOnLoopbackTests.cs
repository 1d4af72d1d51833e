using System.Net;
using System.Net.Sockets;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Primitives;

/// <summary>What is sent to this machine does not go through a proxy.</summary>
public sealed class DirectOnLoopbackTests
{
    [Test]
    public async Task Requests_to_this_machine_do_not_go_through_the_proxy()
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var address = new WebProxy($"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}");
        await using var vault = await FakeVault.StartAsync();
        vault.Put("/v1/secret/data/shop", """{"api":"secret"}""");
        using var reader = new VaultReader(new VaultConfig { Address = vault.Address, Token = FakeVault.Token }, address);
        Assert.That(reader.Read("shop#api"), Is.EqualTo(("secret", (string?)null)));

        await using var provider = await FakeOidcProvider.StartAsync();
        using var http = new FederationHttp(address);
        var (body, problem) = await http.GetAsync(new Uri($"{provider.Issuer}/keys"), CancellationToken.None);
        Assert.That((body is null, problem), Is.EqualTo((false, (string?)null)));
        Assert.That(proxy.Pending(), Is.False);
    }

    [TestCase("http://127.0.0.1:8200/", true)]
    [TestCase("http://localhost/", true)]
    [TestCase("http://[::1]/", true)]
    [TestCase("https://vault.example/", false)]
    [TestCase("https://127.0.0.1.evil.example/", false)]
    public void Others_do(string destination, bool isDirect)
    {
        var direct = new DirectOnLoopback(new WebProxy("http://proxy.example:3128"));
        Assert.That(direct.IsBypassed(new Uri(destination)), Is.EqualTo(isDirect));
        Assert.That(direct.GetProxy(new Uri(destination))?.Host, isDirect ? Is.Null : Is.EqualTo("proxy.example"));
    }
}
