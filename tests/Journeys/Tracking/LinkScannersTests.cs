using CartRecovery.Engine.Journeys.Tracking;

namespace CartRecovery.Tests.Journeys.Tracking;

public sealed class LinkScannersTests
{
    const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    const string Iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";

    [TestCase("GET", Firefox, null, null)]
    [TestCase("GET", Firefox, null, 2000L)]
    [TestCase("GET", Iphone, "", 60_000L)]
    [TestCase("GET", "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36", null, 60_000L)]
    public void Clicks_of_people_count(string method, string? agent, string? purpose, long? since) =>
        Assert.That(LinkScanners.IsOne(method, agent, purpose, since), Is.False);

    [TestCase("HEAD", Firefox, null, null)]
    [TestCase("POST", Firefox, null, null)]
    [TestCase("GET", null, null, null)]
    [TestCase("GET", "  ", null, null)]
    [TestCase("GET", Firefox, "prefetch;prerender", null)]
    [TestCase("GET", Firefox, "Prefetch", 60_000L)]
    [TestCase("GET", Firefox, null, 1999L)]
    [TestCase("GET", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", null, 60_000L)]
    [TestCase("GET", "curl/8.11.0", null, null)]
    [TestCase("GET", "Barracuda Sentinel (EE)", null, null)]
    public void Clicks_of_link_scanners_do_not_count(string method, string? agent, string? purpose, long? since) =>
        Assert.That(LinkScanners.IsOne(method, agent, purpose, since), Is.True);
}
