using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>The real binary against receivers that misbehave on command.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed partial class MailTests
{
    const string Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    static int s_id;

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task Each_recipients_answer_is_its_own_and_nobody_waits_for_another()
    {
        await using var relay = new ScriptedRelay
        {
            Answer = (verb, about) => (verb, about.Split('@')[0]) switch
            {
                ("RCPT", "closed") => "421 4.7.0 too many",
                ("RCPT", "grey") => "450 4.7.1 greylisted",
                ("RCPT", "full") => "552 5.2.2 mailbox full",
                ("RCPT", "bare") => "550 no",
                ("RCPT", "gone") => "550 5.1.1 no such user",
                (".", "lost") => ScriptedRelay.Hangup,
                _ => null,
            },
        };
        await using var engine = await StartAsync(relay.Port);
        string[] names = ["closed", "grey", "full", "bare", "gone", "lost", "ann", "bob", "eve"];
        await ContactAsync(engine, names);
        await Eventually.Is(async () => (await StatesAsync(engine)).Count(s => s.State is "sent" or "withheld" || s.Reason == "postponed") == names.Length,
            "each message has an outcome");
        var states = (await StatesAsync(engine)).ToDictionary(s => s.CartId, s => (s.State, s.Reason), StringComparer.Ordinal);
        Assert.Multiple(() =>
        {
            foreach (var name in new[] { "ann", "bob", "eve" })
            {
                Assert.That(states[name], Is.EqualTo(("sent", (string?)null)), name);
                Assert.That(relay.CopiesFor($"{name}@example.com"), Is.EqualTo(1), name);
            }

            Assert.That(states["closed"], Is.EqualTo(("scheduled", "postponed")));
            Assert.That(states["grey"], Is.EqualTo(("scheduled", "postponed")));
            Assert.That(states["lost"], Is.EqualTo(("scheduled", "postponed")));
            Assert.That(relay.CopiesFor("lost@example.com"), Is.EqualTo(1), "not sent again at once");
            Assert.That(states["full"], Is.EqualTo(("withheld", "soft_bounced")));
            Assert.That(states["bare"], Is.EqualTo(("withheld", "soft_bounced")));
            Assert.That(states["gone"], Is.EqualTo(("withheld", "bounced")));
        });
        Assert.That((await engine.GetJsonAsync("/health")).GetProperty("parts").GetProperty("sink-mail").GetProperty("circuit").GetString(), Is.EqualTo("closed"));

        // Only the address that does not exist is suppressed.
        await ContactAsync(engine, ["full", "bare", "gone"], cart: "again-");
        await Eventually.Is(async () => (await StatesAsync(engine)).Any(s => s is { CartId: "again-gone", Reason: "suppressed" }), "the address is suppressed");
        await Eventually.Is(async () => (await StatesAsync(engine)).Count(s => s is { CartId: "again-full" or "again-bare", Reason: "soft_bounced" }) == 2, "the others are tried");
    }

    [Test]
    public async Task A_refused_sender_stops_the_sink_with_an_alarm_until_the_relay_accepts_again()
    {
        var refuses = true;
        await using var relay = new ScriptedRelay
        {
            Answer = (verb, _) => verb == "RCPT" && Volatile.Read(ref refuses) ? "550 5.1.8 Sender address rejected" : null,
        };
        await using var engine = await StartAsync(relay.Port);
        await ContactAsync(engine, ["ann", "bob", "eve"]);
        await Eventually.Is(async () => (await engine.MetricsAsync()).By("cartrecovery_sink_stopped", "sink").Any(s => s is { Key: "mail", Value: 1 }), "the alarm is raised");
        var sink = (await engine.GetJsonAsync("/health")).GetProperty("parts").GetProperty("sink-mail");
        Assert.That((sink.GetProperty("status").GetString(), sink.GetProperty("detail").GetString()),
            Is.EqualTo(("down", "stopped: the recipient was rejected with 550 5.1.8")));
        Assert.That((await StatesAsync(engine)).Select(s => s.State), Has.None.EqualTo("withheld"));
        Assert.That(engine.Log, Does.Contain("has stopped until the receiver accepts a probe"));
        Volatile.Write(ref refuses, false);
        await Eventually.Is(async () => (await StatesAsync(engine)).Count(s => s.State == "sent") >= 1, "the probe is sent");
        await Eventually.Is(async () => (await engine.MetricsAsync()).By("cartrecovery_sink_stopped", "sink").Any(s => s is { Key: "mail", Value: 0 }), "the alarm ends");
    }

    [Test]
    public async Task An_unsubscription_counts_each_time_and_newer_consent_lifts_it()
    {
        await using var relay = new ScriptedRelay();
        await using var engine = await StartAsync(relay.Port, ", publicUrl: \"https://127.0.0.1:1\"");
        await ContactAsync(engine, ["jo"]);
        await Eventually.Is(() => Task.FromResult(relay.CopiesFor("jo@example.com") == 1), "the first mail");
        var link = UnsubscribeLink().Match(relay.Mails[0].Text.Replace("\r\n ", "", StringComparison.Ordinal).Replace("\r\n\t", "", StringComparison.Ordinal)).Groups["path"].Value;
        for (var round = 1; round <= 2; round++)
        {
            // Within the hour in which a repeated event is a duplicate.
            using (var left = await engine.Http.PostAsync(link, null))
            {
                Assert.That(left.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            }

            await ContactAsync(engine, ["jo"], agrees: false);
            await Eventually.Is(async () => (await StatesAsync(engine)).Count(s => s.Reason == "suppressed") == round, $"suppressed, {round}");
            using var release = new HttpRequestMessage(HttpMethod.Delete, "/v1/suppressions") { Content = JsonContent.Create(new { channel = "email", address = "jo@example.com" }) };
            using var released = await engine.Http.SendAsync(release);
            Assert.That((await released.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("released").GetInt32(), Is.EqualTo(1));
            await ContactAsync(engine, ["jo"]);
            await Eventually.Is(() => Task.FromResult(relay.CopiesFor("jo@example.com") == round + 1), $"a mail again, {round}");
        }

        using (await engine.Http.PostAsync(link, null))
        {
            // Without the shop's hand: the customer's consent alone.
            await ContactAsync(engine, ["jo"]);
        }

        await Eventually.Is(() => Task.FromResult(relay.CopiesFor("jo@example.com") == 4), "a mail after newer consent");
    }

    [Test]
    public async Task Two_carts_of_one_customer_cause_one_mail()
    {
        await using var relay = new ScriptedRelay();
        await using var engine = await StartAsync(relay.Port);
        await SendAsync(engine,
            Event("identify", "phone", "jo", ""","email":"jo@example.com" """), Event("consent", "phone", "jo", ""","channel":"email","granted":true"""),
            Event("identify", "office", null, ""","email":"Jo@example.com" """), Event("consent", "office", null, ""","channel":"email","granted":true"""));
        // Catches up: carts of several partitions have no order among them.
        await engine.GetJsonAsync("/v1/customers/jo");
        await SendAsync(engine,
            Event("add_to_cart", "phone", "jo", ""","productId":"p1","price":30"""), Event("add_to_cart", "laptop", "jo", ""","productId":"p1","price":90"""),
            Event("add_to_cart", "office", null, ""","productId":"p1","price":500"""));
        await Eventually.Is(async () => (await StatesAsync(engine)) is var all && all.Count(s => s.State == "sent") == 1 && all.Count(s => s is { State: "scheduled", Reason: "other_cart" }) == 2,
            "one is sent, the others wait");
        var waiting = (await StatesAsync(engine)).First(s => s.State == "scheduled").CartId;
        await SendAsync(engine, Event("cart_merged", "merged", "jo", $",\"mergedFrom\":\"{waiting}\""));
        await Eventually.Is(async () => (await StatesAsync(engine)).Any(s => s.CartId == waiting && s is { State: "withheld", Reason: "cart_merged" }), "the series of the merged cart ends");
        Assert.That(relay.Mails, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_webhook_that_is_gone_is_not_posted_to_again()
    {
        await using var shop = await Receiver.StartAsync(410);
        await using var moved = await Receiver.StartAsync(204);
        var config = new EngineConfig
        {
            Campaigns = "[{ name: added, trigger: { event: add_to_cart }, action: { type: reminder }, channel: crm, message: m }]",
            Window = "0s",
            Contact = "{ holdout: 0 }",
            Sinks = $$"""{ crm: { type: webhook, url: "{{shop.Url}}", secret: "{{Secret}}", batch: 1, batchAge: 1ms, maxInFlight: 1 } }""",
        };
        await using var engine = await RunningEngine.StartAsync(_scratch, config);
        await SendAsync(engine, Event("add_to_cart", "c1", null, ""","productId":"p1","price":30"""));
        await Eventually.Is(async () => (await engine.MetricsAsync()).By("cartrecovery_sink_stopped", "sink").Any(s => s is { Key: "crm", Value: 1 }), "the alarm is raised");
        await SendAsync(engine, [.. Enumerable.Range(2, 5).Select(i => Event("add_to_cart", $"c{i}", null, ""","productId":"p1","price":30"""))]);
        await Eventually.Is(async () => (await StatesAsync(engine)).Count == 6, "all are planned");
        Assert.That((await StatesAsync(engine)).Select(s => s.State), Is.All.EqualTo("scheduled"));
        Assert.That(shop.Posts, Has.Count.EqualTo(1));
        Assert.That((await engine.GetJsonAsync("/health")).GetProperty("parts").GetProperty("sink-crm").GetProperty("detail").GetString(), Is.EqualTo("stopped: answered 410 Gone"));

        // A reload does not enable it again, another address does.
        engine.HangUp();
        await Eventually.Is(() => engine.Log.Contains("Applied: none", StringComparison.Ordinal), () => $"it reloads; log:\n{engine.Log}");
        Assert.That((await engine.MetricsAsync()).By("cartrecovery_sink_stopped", "sink")["crm"], Is.EqualTo(1));
        (config with { Sinks = config.Sinks.Replace(shop.Url, moved.Url, StringComparison.Ordinal) }).WriteTo(_scratch);
        engine.HangUp();
        await Eventually.Is(() => moved.Posts.Count >= 5, "what waited is posted to the new address");
        await Eventually.Is(async () => (await engine.MetricsAsync()).By("cartrecovery_sink_stopped", "sink")["crm"] == 0, "the alarm ends");
        Assert.That(shop.Posts, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_reply_to_the_final_dot_that_takes_longer_than_a_command_may_costs_nobody_a_message()
    {
        await using var relay = new ScriptedRelay { BeforeAnswer = (about, stop) => about.StartsWith("slow@", StringComparison.Ordinal) ? Task.Delay(3000, stop) : Task.CompletedTask };
        await using var engine = await StartAsync(relay.Port, sink: ", timeout: 1s");
        string[] names = ["slow", "ann", "bob"];
        await ContactAsync(engine, names);
        await Eventually.Is(async () => (await StatesAsync(engine)).Count(s => s.State == "sent") == names.Length, "all are sent");
        Assert.That(names.Select(name => relay.CopiesFor($"{name}@example.com")), Is.All.EqualTo(1));
    }

    [GeneratedRegex(@"List-Unsubscribe:\s*<https?://[^/]+(?<path>/v1/track/unsubscribe/[^>]+)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnsubscribeLink();

    Task<RunningEngine> StartAsync(int port, string contact = "", string sink = "") => RunningEngine.StartAsync(_scratch, new EngineConfig
    {
        Campaigns = "[{ name: added, trigger: { event: add_to_cart }, steps: [{ channel: mail, action: { type: reminder }, subject: s, message: m }] }]",
        Window = "0s",
        Contact = $$"""{ holdout: 0, firstMessage: 0s, caps: [], quietHours: {{contact}} }""",
        Sinks = $$"""{ mail: { type: email, host: 127.0.0.1, port: {{port}}, tls: none, from: "shop@shop.example", batchAge: 200ms, maxInFlight: 1{{sink}} } }""",
    });

    // One batch: the sink's own order.
    static Task ContactAsync(RunningEngine engine, string[] names, string cart = "", bool agrees = true) => SendAsync(engine,
    [
        .. names.Select(name => Event("identify", cart + name, name, $",\"email\":\"{name}@example.com\"")),
        .. names.Where(_ => agrees).Select(name => Event("consent", cart + name, name, ""","channel":"email","granted":true""")),
        .. names.Select(name => Event("add_to_cart", cart + name, name, ""","productId":"p1","price":30""")),
    ]);

    static string Event(string type, string cart, string? user, string more) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"m{{Interlocked.Increment(ref s_id)}}","type":"{{type}}","cartId":"{{cart}}"{{(user is null ? "" : $",\"userId\":\"{user}\"")}},"ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}{{more}}}""");

    static async Task SendAsync(RunningEngine engine, params string[] events)
    {
        using var body = new StringContent($"[{string.Join(',', events)}]");
        using var response = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
    }

    static async Task<List<(string CartId, string State, string? Reason)>> StatesAsync(RunningEngine engine) =>
    [
        .. (await engine.GetJsonAsync("/v1/interventions?limit=1000")).GetProperty("items").EnumerateArray().Select(i => (
            i.GetProperty("cartId").GetString()!, i.GetProperty("state").GetString()!, i.GetProperty("reason").GetString())),
    ];
}
