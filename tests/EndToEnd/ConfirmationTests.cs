using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A guest of the shop, and a spammer with the key of its pages, against the real binary and a mail server.</summary>
[TestFixture]
[Category("EndToEnd")]
public sealed partial class ConfirmationTests
{
    static int s_id;

    [Test]
    public async Task A_guest_confirms_the_address_and_strangers_get_at_most_three_confirmations()
    {
        using var scratch = new Scratch();
        await using var mail = await MailServer.StartAsync();
        await using var engine = await RunningEngine.StartAsync(scratch, new EngineConfig
        {
            Campaigns = """[{ name: left, trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], steps: [{ channel: mail, action: { type: reminder }, subject: "Your cart", message: "Your cart waits" }] }]""",
            Window = "0s",
            Listen = ", trustedProxies: [127.0.0.1]",
            Contact = """{ holdout: 0, firstMessage: 0s, quietHours: , caps: [], publicUrl: "http://recover.example" }""",
            Sinks = $$"""{ mail: { type: email, host: 127.0.0.1, port: {{mail.Port}}, tls: none, from: "shop@shop.example" } }""",
        });
        using var browser = new HttpClient { BaseAddress = engine.Http.BaseAddress };
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");

        // One request of 200 victims, each with a cart, a text and an address.
        await PostAsync(browser, Guest("shopper", "jo@guest.example"));
        await Eventually.Is(() => mail.Mails.Count == 1, "the guest is asked");
        await PostAsync(browser, string.Join(',', Enumerable.Range(0, 200).Select(i => Guest($"victim-{i}", $"victim{i}@example.com"))));
        await Eventually.Is(() => mail.Mails.Count == 3, "two strangers are asked");

        var asking = mail.Mails.Single(message => message.Recipient == "jo@guest.example").Text.Replace("=\r\n", "", StringComparison.Ordinal);
        var link = Link().Match(asking).Groups["link"].Value;
        using (var asked = await browser.GetAsync(link))
        {
            Assert.That(await asked.Content.ReadAsStringAsync(), Does.Contain("<form method=\"post\">"));
        }

        using (var confirmed = await browser.PostAsync(link, content: null))
        {
            Assert.That(confirmed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        await Eventually.Is(() => mail.Mails.Any(message => message.Text.Contains("Your cart waits", StringComparison.Ordinal)), "the guest gets the message");
        using (var forged = await browser.PostAsync(link[..^3] + "AAA", content: null))
        {
            Assert.That(forged.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }

        Assert.That(mail.Mails, Has.Count.EqualTo(4));
        Assert.That(mail.Mails.Where(message => message.Recipient != "jo@guest.example").Select(message => message.Text),
            Has.Exactly(2).Contains("Please confirm").And.None.Contains("evil").And.None.Contains("Your cart waits"));
    }

    static string Guest(string cart, string email) => string.Join(',',
        Event(cart, "identify", $$""","meta":{"email":"{{email}}","firstName":"http://evil.example"}"""),
        Event(cart, "consent", ""","meta":{"channel":"email","granted":true}"""),
        Event(cart, "add_to_cart", ""","productId":"p1","price":5,"meta":{"name":"http://evil.example"}"""));

    static string Event(string cart, string type, string more) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"g{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}","sessionId":"{{cart}}","ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}{{more}}}""");

    static async Task PostAsync(HttpClient browser, string events)
    {
        using var body = new StringContent($"[{events}]");
        using var answer = await browser.PostAsync($"/v1/events?key={EngineConfig.PublishableKey}", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
    }

    [GeneratedRegex(@"http://recover\.example(?<link>/v1/track/confirm/[A-Za-z0-9_-]+)", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Link();
}
