using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Engine.Journeys.Tracking;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Host.Api.Carts;
using CartRecovery.Host.Commands.Backtest;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Data;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Data;

/// <summary>
/// Starts under configurations that reorder, remove and add stores, with the same cart and customer ids in every store. Whatever a store had,
/// it still has after the next start: carts byte for byte, customers, interventions, dead letters and journal.
/// </summary>
[TestFixture]
[Parallelizable]
sealed class StoreNumbersTests
{
    const int Carts = 4, Users = 2;

    static readonly (string Id, string Currency, string Zone)[] s_stores =
        [("ams", "EUR", "Europe/Amsterdam"), ("nyc", "USD", "America/New_York"), ("blr", "INR", "Asia/Kolkata"), ("utc", "GBP", "UTC"), ("магазин", "CHF", "UTC")];

    [TestCase(1, true)]
    [TestCase(2, false)]
    public async Task Everything_stays_with_its_store(int seed, bool crashes)
    {
        var random = new Random(seed);
        var known = new Dictionary<string, Belongings>(StringComparer.Ordinal);
        var folder = TestStages.NewFolder();
        string[] configured = ["ams", "nyc", "blr"];
        for (var start = 0; start < 6; start++)
        {
            await using (var engine = await StartAsync(folder, configured))
            {
                await AssertSameAsync(engine.Host, known);
                Array.ForEach(configured, id => known.TryAdd(id, new Belongings(known.Count)));
                foreach (var id in configured)
                {
                    await SendAsync(engine, id, known[id], random);
                }

                await SettleAsync(engine.Host, known);
                foreach (var id in configured)
                {
                    await known[id].ReadAsync(engine.Host, id);
                }

                if (crashes && random.Next(3) > 0)
                {
                    // The files at this moment, as after a power failure: there is no last checkpoint.
                    folder = Copy(folder);
                }
            }

            configured = [.. s_stores.Select(store => store.Id).OrderBy(_ => random.Next()).Take(random.Next(1, s_stores.Length + 1))];
        }

        await using var last = await StartAsync(folder, [.. s_stores.Select(store => store.Id).Reverse()]);
        await AssertSameAsync(last.Host, known);
        await AssertHistoriesAsync(last, known);
    }

    [Test]
    public async Task A_folder_without_numbers_takes_the_order_of_the_configuration_once()
    {
        var folder = TestStages.NewFolder();
        await using (await StartAsync(folder, ["ams", "nyc"]))
        {
        }

        // As an earlier version left it.
        File.Delete(Path.Combine(folder, "store-numbers"));
        var format = Path.Combine(folder, "format");
        await File.WriteAllTextAsync(format, "3" + (await File.ReadAllTextAsync(format))[1..]);
        Assert.That(DataFolder.ReadFormat(folder)!.Value.HasStoreNumbers, Is.False);

        await using (var engine = await StartAsync(folder, ["nyc", "ams"]))
        {
            Assert.That(engine.Host.Stores.All.Select(store => (store.Number, store.Id)), Is.EqualTo(new[] { (0, "nyc"), (1, "ams") }));
        }

        Assert.That(DataFolder.ReadFormat(folder)!.Value.HasStoreNumbers, Is.True);
        await using var next = await StartAsync(folder, ["ams", "nyc"]);
        Assert.That(next.Host.Stores.All.Select(store => (store.Number, store.Id)), Is.EqualTo(new[] { (1, "ams"), (0, "nyc") }));
    }

    [Test]
    public async Task A_start_that_fails_to_recover_gives_no_number()
    {
        var folder = TestStages.NewFolder();
        await using (var engine = await StartAsync(folder, ["ams"]))
        {
            await SendAsync(engine, "ams", new Belongings(0), new Random(1));
        }

        var before = await File.ReadAllTextAsync(Path.Combine(folder, "store-numbers"));
        foreach (var segment in Directory.EnumerateFiles(Path.Combine(folder, "journal"), "*.journal", SearchOption.AllDirectories))
        {
            File.Delete(segment);
        }

        Directory.Delete(Path.Combine(folder, "checkpoints"), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(folder, "checkpoints"), "not a folder");
        Assert.That(async () => await StartAsync(folder, ["nyc", "ams"]), Throws.InstanceOf<IOException>());
        Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, "store-numbers")), Is.EqualTo(before));
    }

    [TestCase("0 ams EUR UTC\n0 nyc USD UTC\n", "line 2: duplicate number 0")]
    [TestCase("0 ams EUR", "line 1: ")]
    [TestCase(null, "is missing")]
    public async Task Damaged_or_missing_numbers_refuse_the_start(string? text, string problem)
    {
        var folder = TestStages.NewFolder();
        await using (await StartAsync(folder, ["ams"]))
        {
        }

        var file = Path.Combine(folder, "store-numbers");
        if (text is null)
        {
            File.Delete(file);
        }
        else
        {
            await File.WriteAllTextAsync(file, text);
        }

        var refused = await Assert.ThrowsAsync<DataFolderException>(async () => await StartAsync(folder, ["ams"]));
        Assert.That(refused!.Code, Is.EqualTo("data_stores"));
        Assert.That(refused.Message, Does.Contain(problem).And.Contain("store-numbers").And.Contain("backup"));
    }

    [Test]
    public async Task Without_a_journal_stores_are_numbered_in_file_order_and_nothing_is_recorded()
    {
        var folder = TestStages.NewFolder();
        await using (var engine = await StartAsync(folder, ["nyc", "ams"], config => config.Journal.Enabled = false))
        {
            Assert.That(engine.Host.Stores.All.Select(store => (store.Number, store.Id)), Is.EqualTo(new[] { (0, "nyc"), (1, "ams") }));
        }

        Assert.That(File.Exists(Path.Combine(folder, "store-numbers")), Is.False);
        await using var journaled = await StartAsync(folder, ["ams", "nyc"]);
        Assert.That(journaled.Host.Stores.All.Select(store => (store.Number, store.Id)), Is.EqualTo(new[] { (0, "ams"), (1, "nyc") }));
    }

    [Test]
    public async Task A_removed_stores_unsubscribe_links_work_and_its_other_links_do_not()
    {
        var folder = TestStages.NewFolder();
        var (unsubscribe, click) = ("", "");
        await using (var engine = await StartAsync(folder, ["ams", "nyc"]))
        {
            await SendAsync(engine, "ams", new Belongings(0), new Random(1));
            var until = engine.Host.Time.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds();
            string Sign(LinkKind kind) =>
                engine.Host.JourneyOptions.Signer.Sign(new SignedLink(kind, "iv_1", "ams", "c0", until));
            (unsubscribe, click) = (Sign(LinkKind.Unsubscribe), Sign(LinkKind.Restore));
        }

        await using var without = await StartAsync(folder, ["nyc"]);
        using var clicked = await without.Http.GetAsync($"/v1/track/click/{click}");
        using var unsubscribed = await without.Http.PostAsync($"/v1/track/unsubscribe/{unsubscribe}", content: null);
        Assert.That((clicked.StatusCode, unsubscribed.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.OK)));
        await SettleAsync(without.Host, []);
        var cart = CartReader.KeyOf(without.Host.Stores.All.Find("ams")!, "c0");
        var consent = await without.Host.Journeys.InvokeAsync((engine, _) => engine.Store.Customers.ConsentOf(cart, AddressKind.Email));
        Assert.That(consent?.Granted, Is.False);
    }

    static Task<InProcessEngine> StartAsync(string folder, string[] stores, Action<CartRecoveryConfig>? change = null) => InProcessEngine.StartAsync(config =>
    {
        Configure(config, folder, stores);
        change?.Invoke(config);
    });

    static void Configure(CartRecoveryConfig config, string folder, string[] stores)
    {
        config.Data = folder;
        config.Listen.TcpKey = null;
        config.Checkpoints.Interval = Duration.FromHours(1);
        config.Stores.Clear();
        foreach (var (id, currency, zone) in stores.Select(id => Array.Find(s_stores, store => store.Id == id)))
        {
            config.Stores.Add(new StoreConfig { Id = id, Currency = currency, Timezone = zone, Keys = [InProcessEngine.Key(KeyOf(id), KeyKind.Secret)] });
        }

        // One that decides at once, and one that sets timers but is not due in a test.
        config.Decisions.Campaigns.Add(Ending(InProcessEngine.Answering("begin_checkout")));
        var idle = Ending(InProcessEngine.Answering("view_cart"));
        (idle.Name, idle.Trigger) = ("left", new TriggerConfig { Idle = Duration.FromHours(20) });
        config.Decisions.Campaigns.Add(idle);
    }

    static string KeyOf(string store) => $"sk_{Array.FindIndex(s_stores, known => known.Id == store)}";

    /// <summary>Events of every kind that leaves something behind, and one that is rejected.</summary>
    static async Task SendAsync(InProcessEngine engine, string store, Belongings known, Random random)
    {
        var events = new List<string>();
        for (var i = random.Next(3, 12); i > 0; i--)
        {
            var (cart, user) = ($"c{random.Next(Carts)}", $"u{random.Next(Users)}");
            string[] types = ["view_item", "add_to_cart", "add_to_cart", "begin_checkout", "purchase", "identify", "consent"];
            var type = types[random.Next(types.Length)];
            events.Add(EventJson.Of(cart, type, more: string.Create(CultureInfo.InvariantCulture, $",\"userId\":\"{user}\"") + type switch
            {
                "view_item" or "add_to_cart" => $",\"productId\":\"p{random.Next(5)}\",\"price\":{random.Next(1, 100)}",
                "purchase" => $",\"price\":{random.Next(1, 100)}",
                "identify" => $$""","meta":{"email":"{{user}}.{{random.Next(1000)}}@{{KeyOf(store)}}.example"}""",
                "consent" => $$""","meta":{"channel":"email","granted":{{(random.Next(2) == 0 ? "true" : "false")}}}""",
                _ => "",
            }));
            known.Orders[user] = known.Orders.GetValueOrDefault(user) + (type == "purchase" ? 1u : 0);
        }

        known.Events.UnionWith(events.Select(IdOf));
        var bad = EventJson.Of("c0", more: ",\"price\":\"none\"");
        known.Letters.Add(bad);
        await PostAsync(engine, store, EventJson.Array([.. events, bad]));
    }

    static async Task PostAsync(InProcessEngine engine, string store, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = new StringContent(json) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", KeyOf(store));
        using var response = await engine.Http.SendAsync(request);
        Assert.That(response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.BadRequest, await response.Content.ReadAsStringAsync());
    }

    static async Task SettleAsync(EngineHost host, Dictionary<string, Belongings> known)
    {
        await host.Partitions.FlushAsync(default).WaitAsync(Eventually.Deadline);
        await host.Journeys.FlushAsync(default).WaitAsync(Eventually.Deadline);
        await Eventually.Is(() => host.DeadLetters.Read().Count() >= known.Values.Sum(store => store.Letters.Count), "dead letters are stored");
    }

    // Nobody has a stream here: an offer that waited would look at its store and its cart again at each start.
    static CampaignConfig Ending(CampaignConfig campaign)
    {
        campaign.Steps = [new StepConfig { Channel = campaign.Channel ?? "socket", Message = campaign.Message!, Action = campaign.Action!, UsefulFor = Duration.FromMilliseconds(1) }];
        (campaign.Channel, campaign.Message, campaign.Action) = (null, null, null);
        return campaign;
    }

    static async Task AssertSameAsync(EngineHost host, Dictionary<string, Belongings> known)
    {
        await SettleAsync(host, known);
        foreach (var (id, before) in known)
        {
            var now = new Belongings(before.Number);
            await now.ReadAsync(host, id);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(host.Stores.All.Find(id)?.Number, Is.EqualTo(before.Number), id);
                Assert.That(now.Carts, Is.EqualTo(before.Carts), $"carts of {id}");
                Assert.That(now.Customers, Is.EqualTo(before.Customers), $"customers of {id}");
                Assert.That(now.Interventions, Is.EqualTo(before.Interventions), $"interventions of {id}");
                Assert.That(host.DeadLetters.Read().Where(letter => letter.Store == id).Select(Text), Is.EqualTo(before.Letters), $"dead letters of {id}");
                Assert.That(Export(host, id), Is.EquivalentTo(before.Events), $"journal of {id}");
            }
        }
    }

    /// <summary>Every customer's orders are known in a new cart of the store.</summary>
    static async Task AssertHistoriesAsync(InProcessEngine engine, Dictionary<string, Belongings> known)
    {
        foreach (var (store, before) in known)
        {
            await PostAsync(engine, store, EventJson.Array(Enumerable.Range(0, Users).Select(u => EventJson.Of($"new{u}", more: $",\"userId\":\"u{u}\""))));
            for (var u = 0; u < Users; u++)
            {
                var cart = await engine.Host.Partitions.FindAsync(CartReader.KeyOf(engine.Host.Stores.FindStore(store)!, $"new{u}"), default);
                Assert.That(cart!.Value.History.Orders, Is.EqualTo(before.Orders.GetValueOrDefault($"u{u}")), $"orders of u{u} in {store}");
            }
        }
    }

    /// <summary>The ids of a store's events in the journals, as <c>export --store</c> finds them.</summary>
    static List<string> Export(EngineHost host, string store)
    {
        var stores = JournalFiles.StoresOf(host.Config).All;
        using var output = new MemoryStream();
        new EventExport(JournalFiles.Open(host.Config, stores), TimeRange.Everything, stores.Find(store)!.Number).WriteTo(output, ExportFormat.Ndjson, default);
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(IdOf)];
    }

    static string IdOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("id").GetString()!;
    }

    static string Text(DeadLetter letter) => Encoding.UTF8.GetString(letter.Event);

    static string Copy(string folder)
    {
        var copy = TestStages.NewFolder();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not "lock"))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var written = File.Create(target);
            source.CopyTo(written);
        }

        return copy;
    }

    /// <summary>What a store has.</summary>
    sealed class Belongings(int number)
    {
        public int Number { get; } = number;

        public Dictionary<string, string> Carts { get; } = [];

        public Dictionary<string, string> Customers { get; } = [];

        public List<string> Interventions { get; } = [];

        public List<string> Letters { get; } = [];

        public HashSet<string> Events { get; } = [];

        public Dictionary<string, uint> Orders { get; } = [];

        public async Task ReadAsync(EngineHost host, string id)
        {
            var store = host.Stores.All.Find(id)!;
            for (var i = 0; i < StoreNumbersTests.Carts; i++)
            {
                if (await host.Partitions.FindAsync(CartReader.KeyOf(store, $"c{i}"), default) is { } cart)
                {
                    Assert.That(cart.Store, Is.EqualTo(Number), $"the store of c{i} of {id}");
                    Carts[$"c{i}"] = Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<CartRecord>(in cart)));
                }
            }

            for (var i = 0; i < Users; i++)
            {
                var user = host.JourneyOptions.CustomerOf(id, $"u{i}");
                Customers[$"u{i}"] = await host.Journeys.InvokeAsync((engine, _) => string.Create(CultureInfo.InvariantCulture,
                    $"{engine.Store.Customers.ContactOf(user)} {engine.Store.Customers.ConsentOf(user, AddressKind.Email)} {engine.Store.Customers.PurchasedAt(user)}"));
            }

            var rows = InterventionList.Of(host.Reports, new InterventionFilter { StoreId = id, Limit = 10_000 }).Rows;
            Interventions.Clear();
            Interventions.AddRange(rows.Select(row => string.Join(' ', row)).Order(StringComparer.Ordinal));
        }
    }
}
