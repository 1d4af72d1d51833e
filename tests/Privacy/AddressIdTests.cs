using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Tests.Exports;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>A shop whose ids are addresses: nothing of them is readable in the data folder, and the shop notices nothing.</summary>
[TestFixture]
[Category("EndToEnd")]
sealed class AddressIdTests
{
    const string User = "zoe.quellin@mail.example", Cart = "+31612345678", Session = "session-of-zoe@quellin.example";
    const string LongUser = "somebody-whose-id-is-longer-than-what-can-be-opened@a-long-domain.example";

    static readonly string[] s_texts = [User, Cart, Session, LongUser];

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task Ids_that_are_addresses_are_readable_for_the_shop_and_nowhere_on_disk()
    {
        await using (var engine = await StartAsync())
        {
            await FillAsync(engine);
            await engine.Host.Exports.ArchiveAsync(engine.Host.Config.Archive, TimeProvider.System.GetUtcNow().AddDays(1), _ => { }, default);
            Assert.That(await FoundAsync(), Is.Empty, "while it runs");
            await AssertShownAsync(engine);
        }

        Assert.That(await FoundAsync(), Is.Empty, "after the stop");
        await using (var engine = await StartAsync())
        {
            await AssertShownAsync(engine);
            await engine.PostAsync("/v1/events", EventJson.Of(Cart, "page_view", $$""","userId":"{{User}}" """));
            Assert.That((await engine.GetAsync($"/v1/features/{Uri.EscapeDataString(Cart)}")).Json.GetProperty("features").GetProperty("event_count").GetDouble(), Is.EqualTo(5), "the same cart");
            Assert.That(await FoundAsync(), Is.Empty);
        }
    }

    [TestCase(User)]
    [TestCase(LongUser)]
    public async Task Somebody_whose_id_is_an_address_is_forgotten(string user)
    {
        await using var engine = await StartAsync();
        await FillAsync(engine);
        var ids = engine.Host.Stores.All.Find("demo")!.Ids;
        var stored = ids.StoredForm(user);
        Assert.That(stored, Is.Not.EqualTo(user));
        Assert.That(FoundIn([stored]), Is.Not.Empty, "the search finds what is there");
        var exported = await engine.GetAsync($"/v1/gdpr/export/{Uri.EscapeDataString(user)}");
        Assert.That(exported.Body, Does.Contain(stored).And.Contain(user));

        var asked = await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(user)}", "{}");
        var id = asked.Json.GetProperty("id").GetString()!;
        await Eventually.Is(() => engine.GetAsync($"/v1/gdpr/status/{id}").GetAwaiter().GetResult().Json.GetProperty("state").GetString() == "completed", "it is completed");
        Assert.That(FoundIn(user == User ? [stored, ids.StoredForm(Cart), ids.StoredForm(Session)] : [stored]), Is.Empty);
        Assert.That(await FoundAsync(), Is.Empty);
        foreach (var spelling in new[] { user, stored })
        {
            Assert.That((await engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart(), "page_view", $$""","userId":"{{spelling}}" """))).Problem, Is.EqualTo((403, "person_forgotten")), spelling);
            if (user == LongUser)
            {
                // Nobody but the engine knows the hash.
                break;
            }
        }
    }

    static async Task AssertShownAsync(InProcessEngine engine)
    {
        var (user, cart) = (Uri.EscapeDataString(User), Uri.EscapeDataString(Cart));
        Assert.That((await engine.GetAsync($"/v1/users/{user}")).Json.GetProperty("userId").GetString(), Is.EqualTo(User));
        Assert.That(await IdsAsync(engine, "/v1/users", "userId"), Does.Contain(User));
        Assert.That((await engine.GetAsync($"/v1/carts/{cart}")).Json.GetProperty("cartId").GetString(), Is.EqualTo(Cart));
        Assert.That(await IdsAsync(engine, "/v1/carts", "cartId"), Does.Contain(Cart));
        Assert.That(await IdsAsync(engine, $"/v1/interventions?cartId={cart}", "userId"), Is.EqualTo(new[] { User }));
        Assert.That((await engine.GetAsync($"/v1/customers/{user}")).Json.GetProperty("userId").GetString(), Is.EqualTo(User));
        Assert.That((await engine.GetAsync("/v1/export/events?from=0&format=ndjson")).Body, Does.Contain(User).And.Contain(Cart).And.Contain(Session));
    }

    static async Task<string?[]> IdsAsync(InProcessEngine engine, string path, string name) =>
        [.. (await engine.GetAsync(path)).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(name).GetString())];

    async Task FillAsync(InProcessEngine engine)
    {
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "identify", $$""","userId":"{{User}}","sessionId":"{{Session}}","meta":{"firstName":"Zoe","email":"zoe@elsewhere.example"}"""),
            EventJson.Of(Cart, "consent", $$""","userId":"{{User}}","meta":{"channel":"email","granted":true}"""),
            EventJson.Of(Cart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{User}}" """),
            EventJson.Of(Cart, "begin_checkout", $$""","userId":"{{User}}","sessionId":"{{Session}}" """),
            EventJson.Of("cart-2", "identify", $$""","userId":"{{LongUser}}","meta":{"plan":"gold"}""")))).Taken, Is.EqualTo((5, 0, "")));
        await Eventually.Is(() => Sent().Length > 0, "the message is sent");
        using var message = JsonDocument.Parse(Sent().Split('\n')[0]);
        Assert.That((message.RootElement.GetProperty("cartId").GetString(), message.RootElement.GetProperty("userId").GetString(), message.RootElement.GetProperty("message").GetString()),
            Is.EqualTo((Cart, User, $"At {User} {Cart}")));
    }

    async Task<IReadOnlyList<string>> FoundAsync()
    {
        var found = FoundIn(s_texts).ToList();
        foreach (var path in Directory.Exists(_scratch.PathOf("parquet")) ? Directory.EnumerateFiles(_scratch.PathOf("parquet"), "*.parquet", SearchOption.AllDirectories) : [])
        {
            var table = await ParquetTable.ReadAsync(await File.ReadAllBytesAsync(path));
            found.AddRange(PersonSearch.FindIn([(path, Encoding.UTF8.GetBytes(string.Join('\n', table.Rows.Select(row => string.Join('|', row)))))], s_texts));
        }

        return found;
    }

    // Everything in the folder, and what journals have compressed.
    IReadOnlyList<string> FoundIn(string[] texts) =>
        [.. PersonSearch.Find(_scratch.PathOf("data"), texts, _ => true), .. PersonSearch.FindIn(JournalBlocks.In(_scratch.PathOf("data")), texts)];

    Task<InProcessEngine> StartAsync() => InProcessEngine.StartAsync(config =>
    {
        config.Data = _scratch.PathOf("data");
        config.Archive.To = _scratch.PathOf("parquet");
        var sink = new SinkConfig { Type = "file" };
        sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
        config.Sinks["out"] = sink;
        var campaign = InProcessEngine.Answering("begin_checkout", "At {{ customer.id }} {{ cart_id }}");
        (campaign.Name, campaign.Channel) = ("greeting", "out");
        config.Decisions.Campaigns.Add(campaign);
    });

    string Sent() => File.Exists(_scratch.PathOf("sent.ndjson")) ? File.ReadAllText(_scratch.PathOf("sent.ndjson")) : "";
}
