using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using CartRecovery.Tests.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>
/// A data folder written by an earlier version. <c>DataFolders/v3.tar.gz</c> was written by commit 4d67131 (format 3): two partitions, a
/// checkpoint of a clean stop, then a journal tail and an SQLite log left by SIGKILL. Its traffic is real carts of the demo's log, with
/// identified customers, consent, a click, an order, and a receiver that was unavailable at the end. <c>v3.json</c> holds that version's
/// own answers about a copy of the folder.
/// </summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class DataFolderTests
{
    // The campaigns the folder was written under.
    const string Campaigns = """
        [{ name: left, trigger: { idle: 1s }, when: [{ feature: item_count, atLeast: 1 }], reentry: 365d, steps: [
        { channel: crm, action: { type: discount, percent: 10, code: BACK10 }, message: "{{cart_value}} {{currency}}: {{restore_url}}" },
        { wait: 90d, channel: mail, action: { type: reminder }, subject: "Your cart", usefulFor: 90d,
        message: "{{#lines}}{{line_quantity}} {{line_name}} {{/lines}}" }] },
        { name: seen, trigger: { event: view_cart }, reentry: 365d, variants: [
        { name: told, weight: 1, steps: [{ channel: book, action: { type: urgency }, message: "{{cart_id}}" }] },
        { name: nothing, weight: 1 }] },
        { name: stuck, trigger: { event: begin_checkout }, reentry: 365d, steps: [
        { channel: mail, action: { type: reminder }, subject: "Still there", message: "{{cart_value}} {{unsubscribe_url}}" }] }]
        """;

    // The maximum retention, so that the folder's content does not expire in later years.
    const string Contact = """
        { holdout: 20, firstMessage: 0s, caps: [], quietHours: , abandonedAfter: 1h, lostAfter: 365d, restoreFor: 365d, clickWindow: 90d,
        outcomeWindow: 90d, retention: 3650d, publicUrl: "http://127.0.0.1:8080" }
        """;

    const string Durability = """
        journal: { segment: 4MB, retention: 3650d }
        checkpoints: { interval: 1h, keep: 1 }
        deadLetters: { age: 3650d }
        """;

    static readonly TimeSpan s_linkLife = TimeSpan.FromDays(365);

    static string Folder => Path.Combine(Repository.Root, "tests", "EndToEnd", "DataFolders");

    [Test]
    public async Task A_format_3_folder_answers_unchanged_and_delivers_only_pending_interventions()
    {
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "v3.json")));
        var recorded = document.RootElement;
        using var scratch = new Scratch();
        await UnpackAsync(scratch, "v3.tar.gz");
        await using var crm = await Receiver.StartAsync(204);
        var config = new EngineConfig
        {
            Campaigns = Campaigns.ReplaceLineEndings(" "),
            Window = "0s",
            Contact = Contact.ReplaceLineEndings(" "),
            Durability = Durability,
            Dedup = "{ window: 7d, memory: 1MB }",
            Sinks = $$"""
                { crm: { type: webhook, url: "{{crm.Url}}", secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=, batchAge: 1ms },
                mail: { type: email, host: 127.0.0.1, port: 1, tls: none, from: "shop@shop.example" },
                book: { type: file, path: book.ndjson } }
                """.ReplaceLineEndings(" "),
        };
        var before = recorded.GetProperty("interventions").EnumerateArray().ToDictionary(IdOf, StringComparer.Ordinal);
        var pending = before.Where(one => Text(one.Value, "state") == "sending").Select(one => one.Key).ToList();

        // What the first run upgraded, the second reads from files written by the current version.
        for (var life = 1; life <= 2; life++)
        {
            await using var engine = await RunningEngine.StartAsync(scratch, config);
            await UntilNothingIsSentAsync(engine, crm);
            using (Assert.EnterMultipleScope())
            {
                await CartsAreSameAsync(engine, recorded);
                await InterventionsAreSameAsync(engine, before);
                await ReportsAreSameAsync(engine, recorded);
                await LinksWorkAsync(engine, before.Values, recorded.GetProperty("recordedAt").GetInt64());
            }

            // The first stop writes a checkpoint of the current version. It takes the ten seconds granted to a sink without a server.
            if (life == 1)
            {
                await engine.StopAsync();
            }
            else
            {
                await engine.KillAsync();
            }
        }

        var posts = crm.Posts.Select(post => post.Id).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(posts, Is.Unique.And.SubsetOf(pending));
            Assert.That(posts.Intersect(Strings(recorded, "arrived"), StringComparer.Ordinal), Is.Empty);
            Assert.That(File.ReadLines(scratch.PathOf("book.ndjson")), Is.Empty, "all were written by the previous version");
        }
    }

    static async Task UnpackAsync(Scratch scratch, string name)
    {
        await using var file = File.OpenRead(Path.Combine(Folder, name));
        await using var plain = new GZipStream(file, CompressionMode.Decompress);
        await TarFile.ExtractToDirectoryAsync(plain, scratch.Folder, overwriteFiles: false);
    }

    static async Task CartsAreSameAsync(RunningEngine engine, JsonElement recorded)
    {
        foreach (var cart in recorded.GetProperty("features").EnumerateObject())
        {
            var features = await engine.FeaturesAsync(cart.Name);
            foreach (var feature in cart.Value.EnumerateObject())
            {
                Assert.That(features[feature.Name], Is.EqualTo(feature.Value.GetDouble()), $"{feature.Name} of {cart.Name}");
            }
        }

        foreach (var cart in recorded.GetProperty("carts").EnumerateObject())
        {
            var now = await engine.GetJsonAsync($"/v1/carts/{cart.Name}");
            foreach (var property in cart.Value.EnumerateObject())
            {
                // A purchase is permanent; an abandoned cart becomes lost as time passes.
                if (property.Name != "state" || property.Value.ValueEquals("purchased"))
                {
                    AreSame(property, now, cart.Name);
                }
            }
        }
    }

    static async Task InterventionsAreSameAsync(RunningEngine engine, Dictionary<string, JsonElement> before)
    {
        var page = await engine.GetJsonAsync("/v1/interventions?limit=1000");
        var now = page.GetProperty("items").EnumerateArray().ToDictionary(IdOf, StringComparer.Ordinal);
        Assert.That(now.Keys, Is.SupersetOf(before.Keys));
        foreach (var (id, old) in before.Where(one => now.ContainsKey(one.Key)))
        {
            var current = now[id];
            var useful = old.GetProperty("usefulUntil").GetInt64() > TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            switch (Text(old, "state"))
            {
                case "sending":
                    // A sink without an address of a person gets what it was given, however late.
                    Assert.That(Text(current, "state"), Is.EqualTo("sent"), id);
                    break;
                case "scheduled":
                    // Due 90 days after it was recorded and kept for 90 more.
                    Assert.That(Text(current, "state"), useful ? Is.AnyOf("scheduled", "sending", "withheld") : Is.EqualTo("withheld"), id);
                    break;
                default:
                    // What a sink delivered has a time of delivery since; format 3 had one only for what a page reported.
                    foreach (var property in old.EnumerateObject().Where(one => one is not { Name: "deliveredAt", Value.ValueKind: JsonValueKind.Null }))
                    {
                        AreSame(property, current, id);
                    }

                    break;
            }
        }
    }

    static async Task ReportsAreSameAsync(RunningEngine engine, JsonElement recorded)
    {
        var conversions = (await engine.GetJsonAsync("/v1/conversions?from=2020-01-01")).GetProperty("items").EnumerateArray().ToList();
        var old = recorded.GetProperty("conversions").EnumerateArray().ToList();
        Assert.That(old, Is.Not.Empty);
        foreach (var before in old)
        {
            // Others are there now: an order that arrived after a series began counts, and then it did not if a clock was behind.
            var now = conversions.Single(one => Text(one, "cartId") == Text(before, "cartId"));
            foreach (var property in before.EnumerateObject())
            {
                AreSame(property, now, "a conversion");
            }
        }

        var attributed = (await engine.GetJsonAsync("/v1/analytics/revenue?from=2020-01-01")).GetProperty("attributed");
        foreach (var property in recorded.GetProperty("attributed").EnumerateObject())
        {
            AreSame(property, attributed, "revenue");
        }

        var letters = (await engine.GetJsonAsync("/v1/deadletters")).GetProperty("items").EnumerateArray().ToList();
        Assert.That(letters, Has.Count.EqualTo(1));
        foreach (var property in recorded.GetProperty("deadLetters")[0].EnumerateObject())
        {
            AreSame(property, letters[0], "a dead letter");
        }
    }

    /// <summary>Links in messages sent earlier stay valid: the folder's own secret signs them.</summary>
    static async Task LinksWorkAsync(RunningEngine engine, IEnumerable<JsonElement> interventions, long recordedAt)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = engine.Http.BaseAddress };
        var message = Text(interventions.First(one => Text(one, "state") == "sent" && Text(one, "channel") == "crm"), "message");
        using var answer = await browser.GetAsync(new Uri(message[message.IndexOf("http", StringComparison.Ordinal)..]).PathAndQuery);
        var isAlive = TimeProvider.System.GetUtcNow() < DateTimeOffset.FromUnixTimeMilliseconds(recordedAt) + s_linkLife;
        Assert.That(answer.StatusCode, Is.EqualTo(isAlive ? HttpStatusCode.Redirect : HttpStatusCode.NotFound), message);
    }

    /// <summary>Waits until nothing is pending for the receiver and it has been idle for a second.</summary>
    static async Task UntilNothingIsSentAsync(RunningEngine engine, Receiver crm)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var posts = -1; ; await Task.Delay(1000))
        {
            var page = await engine.GetJsonAsync("/v1/interventions?state=sending&channel=crm&limit=1000");
            if (page.GetProperty("items").GetArrayLength() == 0 && crm.Posts.Count == posts)
            {
                return;
            }

            posts = crm.Posts.Count;
            Assert.That(TimeProvider.System.GetElapsedTime(started), Is.LessThan(Eventually.Deadline), "pending interventions arrive");
        }
    }

    /// <summary>
    /// Fails unless a property has the recorded value. Times were milliseconds in format 3's API and have been RFC 3339 since.
    /// </summary>
    static void AreSame(JsonProperty recorded, JsonElement now, string of)
    {
        var old = recorded.Value;
        var value = now.TryGetProperty(recorded.Name, out var found) ? found : default;
        var what = $"{recorded.Name} of {of}";
        if (old.ValueKind is JsonValueKind.Null)
        {
            Assert.That(value.ValueKind, Is.AnyOf(JsonValueKind.Null, JsonValueKind.Undefined), what);
        }
        else if (old.ValueKind is JsonValueKind.Number && value.ValueKind is (JsonValueKind.True or JsonValueKind.False))
        {
            Assert.That(value.GetBoolean(), Is.EqualTo(old.GetInt64() != 0), what);
        }
        else if (old.ValueKind is JsonValueKind.Number && value.ValueKind is JsonValueKind.String)
        {
            Assert.That(MillisecondsOf(value), Is.EqualTo(old.GetInt64()), what);
        }
        else if (old.ValueKind is JsonValueKind.Number && value.ValueKind is JsonValueKind.Number)
        {
            Assert.That(value.GetDouble(), Is.EqualTo(old.GetDouble()), what);
        }
        else
        {
            Assert.That(value.ToString(), Is.EqualTo(old.ToString()), what);
        }
    }

    static string IdOf(JsonElement intervention) => Text(intervention, "id");

    static long MillisecondsOf(JsonElement time) =>
        DateTimeOffset.Parse(time.GetString()!, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    static IEnumerable<string> Strings(JsonElement item, string name) =>
        item.GetProperty(name).EnumerateArray().Select(one => one.GetString()!);

    static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;
}
