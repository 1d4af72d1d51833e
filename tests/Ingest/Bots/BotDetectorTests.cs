using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Ingest.Bots;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.Ingest.Bots;

/// <summary>Programs are told from people by what they say when they connect.</summary>
public sealed class BotDetectorTests
{
    const string Chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

    static readonly StoreKey s_browser = new(TestStages.Stores[0], KeyKind.Publishable, LoopbackOnly: false, []);
    static readonly StoreKey s_server = s_browser with { Kind = KeyKind.Secret };

    [TestCase("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")]
    [TestCase("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36")]
    [TestCase("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")]
    [TestCase("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)")]
    [TestCase("Mozilla/5.0 (compatible; NewCrawler/0.1; +https://unheard-of.example/crawler)")]
    [TestCase("Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse")]
    [TestCase("python-requests/2.32.3")]
    [TestCase("curl/8.5.0")]
    [TestCase("Go-http-client/1.1")]
    public void Crawlers_monitors_and_scripts_are_declared(string agent) =>
        Assert.That(BotDetector.Of(s_browser, agent, null), Is.EqualTo(BotEvidence.Declared));

    [TestCase("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36", null)]
    [TestCase("Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1", null)]
    [TestCase(Chrome, "1")]
    [TestCase(Chrome, "true")]
    public void A_browser_that_a_program_drives_is_automated(string agent, string? webDriver) =>
        Assert.That(BotDetector.Of(s_browser, agent, webDriver), Is.EqualTo(BotEvidence.Automated));

    [TestCase(null)]
    [TestCase("")]
    [TestCase(Chrome)]
    [TestCase("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1")]
    [TestCase("Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")]
    [TestCase("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/440.0.0.30.107;FBBV/1]")]
    [TestCase("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP3A.240617.008) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36 Instagram 350.0.0.0")]
    [TestCase("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")]
    [TestCase("okhttp/4.12.0")]
    [TestCase("Dart/3.5 (dart:io)")]
    [TestCase("Shop/3.1 CFNetwork/1490.0.4 Darwin/23.2.0")]
    public void Browsers_and_apps_are_people(string? agent)
    {
        Assert.That(BotDetector.Of(s_browser, agent, null), Is.EqualTo(BotEvidence.None));
        Assert.That(BotDetector.Of(s_browser, agent, "0"), Is.EqualTo(BotEvidence.None));
    }

    [Test]
    public void A_server_is_never_a_bot() =>
        Assert.That(BotDetector.Of(s_server, "python-requests/2.32.3", "1"), Is.EqualTo(BotEvidence.None));
}
