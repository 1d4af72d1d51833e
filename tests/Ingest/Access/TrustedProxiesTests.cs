using System.Net;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.Ingest.Access;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Ingest.Access;

/// <summary>The address of a request's client, behind proxies that are trusted and others.</summary>
public sealed class TrustedProxiesTests
{
    static readonly TrustedProxies s_proxies = new([.. new[] { "127.0.0.1", "10.0.0.0/8", "2001:db8::/32" }.Select(RangeOf)]);

    [TestCase("203.0.113.9", "198.51.100.1", "203.0.113.9", Description = "Nobody else's word counts")]
    [TestCase("127.0.0.1", "198.51.100.1", "198.51.100.1")]
    [TestCase("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1")]
    [TestCase("127.0.0.1", "8.8.8.8, 198.51.100.1", "198.51.100.1", Description = "What the client wrote itself is left of its address")]
    [TestCase("127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1")]
    [TestCase("127.0.0.1", "127.0.0.1, 198.51.100.1 , 10.1.2.3,10.9.9.9", "198.51.100.1")]
    [TestCase("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3", Description = "All are proxies: the client is the first")]
    [TestCase("127.0.0.1", "198.51.100.1:4711", "198.51.100.1")]
    [TestCase("127.0.0.1", "[2001:4860::8]:4711", "2001:4860::8")]
    [TestCase("127.0.0.1", "2001:4860::8", "2001:4860::8")]
    [TestCase("127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1")]
    [TestCase("127.0.0.1", "unknown, 10.1.2.3", "10.1.2.3", Description = "The last that is known")]
    [TestCase("127.0.0.1", "198.51.100.1, garbage", "127.0.0.1")]
    [TestCase("127.0.0.1", "", "127.0.0.1")]
    [TestCase("127.0.0.1", "2130706433", "127.0.0.1", Description = "A number is no address")]
    [TestCase("127.0.0.1", "0177.0.0.1", "127.0.0.1")]
    public void XForwardedFor_names_the_client(string peer, string header, string client) =>
        Assert.That(ResolveOf(peer, ("X-Forwarded-For", header)).Client, Is.EqualTo(client));

    [TestCase("for=198.51.100.1", "198.51.100.1")]
    [TestCase("For=\"[2001:4860::8]:4711\";proto=https;by=10.0.0.1", "2001:4860::8")]
    [TestCase("for=8.8.8.8, for=198.51.100.1;proto=http, for=10.1.2.3", "198.51.100.1")]
    [TestCase("for=\"x, for=198.51.100.1", "198.51.100.1", Description = "A quote that the client left open")]
    [TestCase("for=_hidden", "127.0.0.1")]
    [TestCase("proto=https", "127.0.0.1")]
    public void Forwarded_names_the_client(string header, string client) =>
        Assert.That(ResolveOf("127.0.0.1", ("Forwarded", header)).Client, Is.EqualTo(client));

    [Test]
    public void Several_headers_are_one_list()
    {
        var headers = new HeaderDictionary { ["X-Forwarded-For"] = new(["198.51.100.7", "198.51.100.8, 10.1.1.1"]) };

        Assert.That(s_proxies.Resolve(IPAddress.Loopback, headers)!.ToString(), Is.EqualTo("198.51.100.8"));
    }

    [Test]
    public void Two_lists_that_disagree_name_nobody()
    {
        // A proxy that maintains one of them passes on what the client wrote into the other.
        Assert.That(ResolveOf("127.0.0.1", ("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=127.0.0.1")), Is.EqualTo(("127.0.0.1", 2)));
        Assert.That(ResolveOf("127.0.0.1", ("X-Forwarded-For", "198.51.100.1"), ("Forwarded", "for=198.51.100.1")), Is.EqualTo(("198.51.100.1", 0)));
    }

    [Test]
    public void Headers_that_led_to_the_client_are_removed_and_others_stay()
    {
        Assert.That(ResolveOf("127.0.0.1", ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https"), ("Via", "1.1 a"), ("X-Real-IP", "198.51.100.1")).Left, Is.Zero);
        Assert.That(ResolveOf("203.0.113.9", ("X-Forwarded-For", "198.51.100.1"), ("Via", "1.1 a")).Left, Is.EqualTo(2));
        Assert.That(ResolveOf("127.0.0.1", ("Via", "1.1 a"), ("X-Real-IP", "198.51.100.1")).Left, Is.EqualTo(2));
        Assert.That(ResolveOf("127.0.0.1", ("X-Forwarded-For", "nobody")).Left, Is.EqualTo(1));
    }

    [TestCase("127.0.0.1", true)]
    [TestCase("10.0.0.0/8", true)]
    [TestCase("10.1.2.3/8", true)]
    [TestCase("::1", true)]
    [TestCase("2001:db8::/32", true)]
    [TestCase("0.0.0.0/0", true)]
    [TestCase("10.0/8", false)]
    [TestCase("10.0.0.0/33", false)]
    [TestCase("10.0.0.0/-1", false)]
    [TestCase("10.0.0.0/", false)]
    [TestCase("proxy.example", false)]
    [TestCase("", false)]
    [TestCase("fe80::1%eth0", false)]
    public void A_range_is_an_address_or_a_network(string text, bool isOne) => Assert.That(AddressRange.TryParse(text, out _), Is.EqualTo(isOne));

    static IPNetwork RangeOf(string text) => AddressRange.TryParse(text, out var range) ? range.Network : throw new FormatException(text);

    static (string Client, int Left) ResolveOf(string peer, params (string Name, string Value)[] headers)
    {
        var all = new HeaderDictionary();
        foreach (var (name, value) in headers)
        {
            all[name] = value;
        }

        return (s_proxies.Resolve(IPAddress.Parse(peer), all)!.ToString(), all.Count);
    }
}
