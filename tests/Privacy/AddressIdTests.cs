using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Data;
using CartRecovery.Tests.Exports;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>A shop whose ids are addresses: nothing of them is readable in the data folder, and the shop notices nothing.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed class AddressIdTests
{
    const string User = "zoe.quellin@mail.example", Cart = "+31612345678", Session = "session-of-zoe@quellin.example";
    const string LongUser = "somebody-whose-id-is-longer-than-what-can-be-opened@a-long-domain.example";

    const string PackedUser = "user:maximiliane.hohenstein-mueller@mail.company.example";

    static readonly string[] s_texts = [User, Cart, Session, LongUser, PackedUser];

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
            Assert.That(Found(), Is.Empty, "while it runs");
            await AssertShownAsync(engine);
            await ArchiveAsync(engine);
            Assert.That(await ArchivedAsync(), Does.Contain(User).And.Contain(Cart).And.Contain(Session).And.Contain(PackedUser), "the archive is in the clear");
            var exported = Exported(engine);
            Assert.That(exported, Does.Contain($"\"userId\":\"{User}\"").And.Contain($"\"cartId\":\"{Cart}\"").And.Contain(Session).And.Contain(PackedUser), "cartrecovery export");
            Assert.That(exported, Does.Not.Contain(engine.Host.Stores.All.Find("demo")!.Ids.StoredForm(User)));
        }

        Assert.That(Found(), Is.Empty, "after the stop");
        await using (var engine = await StartAsync())
        {
            await AssertShownAsync(engine);
            await engine.PostAsync("/v1/events", EventJson.Of(Cart, "page_view", $$""","userId":"{{User}}" """));
            Assert.That((await engine.GetAsync($"/v1/features/{Uri.EscapeDataString(Cart)}")).Json.GetProperty("features").GetProperty("event_count").GetDouble(), Is.EqualTo(5), "the same cart");
            Assert.That(Found(), Is.Empty);
        }
    }

    [TestCase(User)]
    [TestCase(PackedUser)]
    [TestCase(LongUser)]
    public async Task Somebody_whose_id_is_an_address_is_forgotten(string user)
    {
        await using var engine = await StartAsync();
        await FillAsync(engine);
        var ids = engine.Host.Stores.All.Find("demo")!.Ids;
        var stored = ids.StoredForm(user);
        Assert.That(stored, Is.Not.EqualTo(user));
        Assert.That(FoundIn([stored]), Is.Not.Empty, "the search finds what is there");
        await ArchiveAsync(engine);
        var archived = user == LongUser ? stored : user;
        Assert.That(await ArchivedAsync(), Does.Contain(archived));
        var exported = (await engine.GetAsync($"/v1/gdpr/export/{Uri.EscapeDataString(user)}")).Json;
        foreach (var kind in new[] { "events", "archivedEvents" })
        {
            Assert.That(exported.GetProperty(kind).EnumerateArray().Select(e => e.GetProperty("userId").GetString()).Distinct(), Is.EqualTo(new[] { archived }), kind);
        }

        var asked = await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(user)}", "{}");
        var id = asked.Json.GetProperty("id").GetString()!;
        await Eventually.Is(() => engine.GetAsync($"/v1/gdpr/status/{id}").GetAwaiter().GetResult().Json.GetProperty("state").GetString() == "completed", "it is completed");
        Assert.That(FoundIn(user == User ? [stored, ids.StoredForm(Cart), ids.StoredForm(Session)] : [stored]), Is.Empty);
        Assert.That(Found(), Is.Empty);
        Assert.That(await ArchivedAsync(), Does.Not.Contain(archived));
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
            EventJson.Of("cart-2", "identify", $$""","userId":"{{LongUser}}","meta":{"plan":"gold"}"""),
            EventJson.Of("cart-3", "identify", $$""","userId":"{{PackedUser}}","meta":{"plan":"gold"}""")))).Taken, Is.EqualTo((6, 0, "")));
        await Eventually.Is(() => Sent().Length > 0, "the message is sent");
        using var message = JsonDocument.Parse(Sent().Split('\n')[0]);
        Assert.That((message.RootElement.GetProperty("cartId").GetString(), message.RootElement.GetProperty("userId").GetString(), message.RootElement.GetProperty("message").GetString()),
            Is.EqualTo((Cart, User, $"At {User} {Cart}")));
    }

    IReadOnlyList<string> Found() => FoundIn(s_texts);

    Task ArchiveAsync(InProcessEngine engine) => engine.Host.Exports.ArchiveAsync(engine.Host.Config.Archive, TimeProvider.System.GetUtcNow().AddDays(1), _ => { }, default);

    async Task<string> ArchivedAsync()
    {
        var text = new StringBuilder();
        foreach (var path in Directory.EnumerateFiles(_scratch.PathOf("parquet"), "*.parquet", SearchOption.AllDirectories))
        {
            var table = await ParquetTable.ReadAsync(await File.ReadAllBytesAsync(path));
            text.AppendLine(string.Join('\n', table.Rows.Select(row => string.Join('|', row))));
        }

        return text.ToString();
    }

    static string Exported(InProcessEngine engine)
    {
        using var keys = FolderKeys.OpenForReading(engine.Host.Config);
        using var output = new MemoryStream();
        new EventExport(JournalFiles.Open(engine.Host.Config, JournalFiles.StoresOf(engine.Host.Config, keys).All), TimeRange.Everything, keys: keys)
            .WriteTo(output, ExportFormat.Ndjson, default);
        return Encoding.UTF8.GetString(output.ToArray());
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
