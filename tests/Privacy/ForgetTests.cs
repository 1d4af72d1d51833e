using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Privacy;
using CartRecovery.Host.Backup;
using CartRecovery.Tests.EndToEnd;
using CartRecovery.Tests.Exports;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>Forgets a customer of whom everything is known, and looks for them in the data folder.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
sealed class ForgetTests
{
    const string User = "quill+feather:4711", Cart = "basket-of-quillfeather", Guest = "guest-basket-0815";
    const string Email = "zoe.quellin@mail.example", Phone = "+31612345678", Name = "Zoquella", Push = "push-token-of-zoe-0123456789";
    const string Other = "customer-berta-99", OtherCart = "cart-of-berta-99", OtherEmail = "berta@mail.example";

    static readonly string[] s_texts = [User, Cart, Guest, Email, Phone, Name, Push];

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [TestCase("delete")]
    [TestCase("anonymise")]
    public async Task Nothing_of_an_erased_person_remains_and_their_events_are_rejected(string mode)
    {
        string id;
        await using (var engine = await StartAsync())
        {
            await FillAsync(engine);
            await engine.Host.Exports.ArchiveAsync(engine.Host.Config.Archive, TimeProvider.System.GetUtcNow().AddDays(1), _ => { }, default);
            Assert.That(Found(), Has.Some.Contains("outreach.db"), "the search finds what is there");
            Assert.That(await ArchivedAsync(), Is.Not.Empty, "also in the archive");
            var before = await engine.GetAsync("/v1/conversions?from=0");
            Assert.That(before.Json.GetProperty("items").GetArrayLength(), Is.EqualTo(2));

            await AssertExportAsync(engine);
            await AssertConsentsAsync(engine, known: 1);
            var asked = await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(User)}", $$"""{"mode":"{{mode}}","reason":"ticket 12"}""");
            Assert.That((asked.Status, asked.Json.GetProperty("state").GetString()), Is.EqualTo((HttpStatusCode.Accepted, "pending")));
            id = asked.Json.GetProperty("id").GetString()!;
            await RefusedAsync(engine);
            var done = await CompletedAsync(engine, id);

            Assert.That(Found(), Is.Empty, done.Body);
            Assert.That(await ArchivedAsync(), Is.Empty, done.Body);
            Assert.That(engine.Host.Exports.Archives.Read("demo").Select(row => (string?)row[4]), Has.Some.EqualTo(Other), "the archive has the others");
            await AssertReceiptAsync(engine, done.Json, mode);
            await AssertOthersAsync(engine, mode);
            await AssertConsentsAsync(engine, known: 0);
            Assert.That((await engine.GetAsync($"/v1/customers/{Uri.EscapeDataString(User)}")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        }

        Assert.That(Found(), Is.Empty, "after the stop");
        await using (var engine = await StartAsync())
        {
            await RefusedAsync(engine);
            Assert.That((await engine.AskAsync(HttpMethod.Delete, $"/v1/gdpr/forget/{Uri.EscapeDataString(User)}", content: null, InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That((await engine.PostAsync("/v1/events", View(User))).Taken, Is.EqualTo((1, 0, "")));
            Assert.That((await engine.AskAsync(HttpMethod.Delete, $"/v1/gdpr/forget/{Uri.EscapeDataString(User)}", content: null, InProcessEngine.Secret)).Problem, Is.EqualTo((404, "not_forgotten")));
            Assert.That((await engine.GetAsync("/v1/gdpr/requests")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()), Is.EqualTo(new[] { id }));
        }
    }

    [Test]
    public async Task Earlier_backups_are_replaced_and_an_unmounted_destination_is_retried()
    {
        var (to, gone) = (_scratch.PathOf("backups"), _scratch.PathOf("gone"));
        await using (var engine = await StartAsync())
        {
            await FillAsync(engine);
            var service = new BackupService(engine.Host.Control, _scratch.PathOf("data"), "");
            foreach (var destination in new[] { to, to, gone })
            {
                await service.RunAsync(new BackupRequest(destination, Key: null, KeyFile: null, Keep: 5, KeepFor: null), (_, _) => { });
            }

            Assert.That(PersonSearch.Find(to, s_texts, _ => true), Is.Not.Empty, "the search finds what is there");
            Directory.Move(gone, gone + ".unmounted");
            var asked = await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(User)}", "{}");
            var id = asked.Json.GetProperty("id").GetString()!;
            await Eventually.Is(() => engine.GetAsync($"/v1/gdpr/status/{id}").GetAwaiter().GetResult().Body.Contains("Mount it", StringComparison.Ordinal), "it says what is missing");
            Directory.Move(gone + ".unmounted", gone);
        }

        await using (var engine = await StartAsync())
        {
            await CompletedAsync(engine, (await engine.GetAsync("/v1/gdpr/requests")).Json.GetProperty("items")[0].GetProperty("id").GetString()!);
        }

        foreach (var destination in new[] { to, gone })
        {
            using var folder = BackupFolder.Open(destination, BackupCipher.Of(null));
            Assert.That(folder.List(), Has.Count.EqualTo(1), destination);
            Assert.That(PersonSearch.Find(destination, s_texts, _ => true), Is.Empty, destination);
            BackupRestore.Run(folder, folder.Read(), _scratch.PathOf("data") + Path.GetFileName(destination), (_, _) => { });
            Assert.That(Found("data" + Path.GetFileName(destination)), Is.Empty, "also not in what is compressed");
        }
    }

    [Test]
    public async Task People_who_wait_together_are_forgotten_in_one_pass_and_each_has_a_receipt()
    {
        string[] users = [User, Other, "q7"];
        await using (var engine = await StartAsync())
        {
            await FillAsync(engine);
            await engine.PostAsync("/v1/events", EventJson.Of("basket-of-q7", "add_to_cart", ",\"productId\":\"p\",\"price\":5,\"userId\":\"q7\""));
            await engine.Host.Privacy.DisposeAsync();
            foreach (var user in users)
            {
                await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(user)}", "{}");
            }
        }

        await using (var engine = await StartAsync())
        {
            var requests = (await engine.GetAsync("/v1/gdpr/requests")).Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!).ToArray();
            Assert.That(requests, Has.Length.EqualTo(users.Length));
            foreach (var id in requests)
            {
                var done = (await CompletedAsync(engine, id)).Json;
                var steps = done.GetProperty("steps").EnumerateArray().ToDictionary(step => step.GetProperty("name").GetString()!, step => step.GetProperty("counts"));
                Assert.That(ErasureStep.OfPerson.Select(name => steps[name].GetProperty("people of the pass").GetInt32()), Is.All.EqualTo(users.Length));
                Assert.That((done.GetProperty("attempts").GetInt32(), done.GetProperty("receipt").GetString()), Is.EqualTo((1, done.GetProperty("receipt").GetString())).And.Not.EqualTo((1, "")));
            }

            Assert.That(Found(), Is.Empty);
            Assert.That(PersonSearch.Find(_scratch.PathOf("data"), [Other, OtherCart, OtherEmail, "basket-of-q7"], _ => true), Is.Empty);
        }
    }

    [Test]
    public async Task A_request_that_a_crash_interrupted_or_that_waits_is_run_at_the_next_start()
    {
        await using (var engine = await StartAsync())
        {
            await FillAsync(engine);
            var privacy = engine.Host.Privacy;
            await privacy.DisposeAsync();
            await engine.PostAsync($"/v1/gdpr/forget/{Uri.EscapeDataString(User)}", "{}");

            // As if the process had ended after the first step.
            var (request, subject) = (await privacy.Requests.StartAsync(privacy.Folder, default)).Due.Single();
            await privacy.Requests.SetStepAsync(request!, [new ErasureStep(ErasureStep.Find, TimeProvider.System.GetUtcNow(), 1, new Dictionary<string, long>())],
                subject! with { Carts = [Cart, Guest], Addresses = [Email, Phone, Push] }, default);
        }

        await using (var engine = await StartAsync())
        {
            var id = (await engine.GetAsync("/v1/gdpr/requests")).Json.GetProperty("items")[0].GetProperty("id").GetString()!;
            var done = await CompletedAsync(engine, id);
            Assert.That(done.Json.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
            Assert.That(Found(), Is.Empty);
        }
    }

    [Test]
    public async Task An_invalid_request_is_rejected()
    {
        await using var engine = await StartAsync();
        foreach (var (user, body) in new[] { ("u1", """{"mode":"burn"}"""), ("null", "{}"), (new string('x', 257), "{}"), ("ada", """{"reason":"because of ada"}"""), ("ada", """{"reason":"x@y.example"}""") })
        {
            Assert.That((await engine.PostAsync($"/v1/gdpr/forget/{user}", body)).Problem, Is.EqualTo((400, "invalid_erasure")), body);
        }

        Assert.That((await engine.GetAsync("/v1/gdpr/status/none")).Problem, Is.EqualTo((404, "privacy_request_not_found")));
    }

    async Task FillAsync(InProcessEngine engine)
    {
        // A guest first, who signs in later with the same basket.
        await engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Guest, "identify", $$""","meta":{"email":"{{Email}}"}"""),
            EventJson.Of(Guest, "begin_checkout", ",\"sessionId\":\"s1\""),
            EventJson.Of(Cart, "identify", $$""","userId":"{{User}}","meta":{"firstName":"{{Name}}","email":"{{Email}}","phone":"{{Phone}}","pushToken":"{{Push}}"}"""),
            EventJson.Of(Cart, "consent", $$""","userId":"{{User}}","meta":{"channel":"email","granted":true,"purpose":"reminders","textVersion":"2026-03","source":"checkout"}"""),
            EventJson.Of(Cart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{User}}" """),
            EventJson.Of(OtherCart, "identify", $$""","userId":"{{Other}}","meta":{"email":"{{OtherEmail}}"}"""),
            EventJson.Of(OtherCart, "add_to_cart", $$""","productId":"p1","price":5,"userId":"{{Other}}" """)));
        await engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "begin_checkout", $$""","userId":"{{User}}" """), EventJson.Of(OtherCart, "begin_checkout", $$""","userId":"{{Other}}" """),
            EventJson.Of(Guest, "page_view", $$""","userId":"{{User}}" """)));
        await Eventually.Is(() => Sent().Contains(Name, StringComparison.Ordinal) && Sent().Contains(OtherCart, StringComparison.Ordinal), () => $"both are sent: {Sent()}");
        await engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(Cart, "purchase", $$""","orderId":"order-of-zoe-1","value":7,"userId":"{{User}}" """),
            EventJson.Of(OtherCart, "purchase", $$""","orderId":"order-of-berta-1","value":11,"userId":"{{Other}}" """)));
        await engine.PostAsync("/v1/suppressions", $$"""{"channel":"sms","address":"{{Phone}}"}""");

        // Rejected, each naming the person otherwise; and one of somebody else.
        foreach (var broken in new[] { $"\"userId\":\"{User}\"", $"\"cartId\":\"{Cart}\"", $"\"meta\":{{\"email\":\"{Email.ToUpperInvariant()}\"}}", "\"meta\":{\"phone\":\"06-1234 5678\"}", $"\"userId\":\"{Other}\"" })
        {
            await engine.PostAsync("/v1/events", $"{{\"id\":\"broken\",{broken}}}");
        }

        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) == 5, "the letters are kept");
    }

    async Task RefusedAsync(InProcessEngine engine)
    {
        var letters = engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.MissingField);
        Assert.That((await engine.PostAsync("/v1/events", View(User))).Problem, Is.EqualTo((403, "person_forgotten")));
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Array(View(Other), View(User)))).Taken, Is.EqualTo((1, 1, "1:person_forgotten")));
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of(User))).Problem, Is.EqualTo((403, "person_forgotten")), "as the id of a cart");
        Assert.That((await engine.PostAsync("/v1/events", $$"""{"id":"broken","userId":"{{User}}"}""")).Problem, Is.EqualTo((403, "person_forgotten")), "also if more is wrong");
        Assert.That((await engine.PostAsync("/v1/events", View(User), InProcessEngine.Publishable)).Taken, Is.EqualTo((1, 0, "")), "a browser does not learn who was a customer");
        await AssertMalformedAsync(engine);
        await using (var socket = await EventStream.WebSocketAsync(new Uri($"ws://{engine.Stream}/v1/stream"), InProcessEngine.Secret))
        {
            await socket.SendAsync(View(User));
            await Eventually.Is(() => socket.Refused.Count == 1, "the socket answers");
            Assert.That(socket.Refused[0].Code, Is.EqualTo("person_forgotten"));
        }

        Assert.That(engine.Host.DeadLetterQueue.IsIdle && engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.MissingField) == letters
            && engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.PersonForgotten) == 0, "no letter is kept");
    }

    // It cannot be read, so it is not known to be the person's until it is to become a dead letter.
    static async Task AssertMalformedAsync(InProcessEngine engine)
    {
        var letters = engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.InvalidJson);
        Assert.That((await engine.PostAsync("/v1/events", $$"""{"id":"broken","type":"page_view","cartId":"another","userId":"{{User}}","meta":{""")).Problem, Is.EqualTo((400, "invalid_json")));
        await Eventually.Is(() => engine.Host.DeadLetterQueue.IsIdle, "the letter is written or dropped");
        Assert.That(engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.InvalidJson), Is.EqualTo(letters));
    }

    static async Task AssertConsentsAsync(InProcessEngine engine, int known)
    {
        var history = (await engine.GetAsync($"/v1/gdpr/consents/{Uri.EscapeDataString(User)}?proof=true")).Json;
        var verified = await engine.Host.Privacy.Receipts.VerifyAsync(history.GetProperty("proof").GetString()!);
        using var proof = JsonDocument.Parse(verified!.Value.Message);
        foreach (var items in new[] { history.GetProperty("items"), proof.RootElement.GetProperty("items") })
        {
            Assert.That(items.EnumerateArray().Select(item => string.Join(' ', new[] { "channel", "granted", "purpose", "textVersion", "source", "reportedBy" }.Select(name => item.GetProperty(name)))),
                Is.EqualTo(Enumerable.Repeat("email True reminders 2026-03 checkout server", known)));
        }
    }

    static async Task AssertExportAsync(InProcessEngine engine)
    {
        var path = $"/v1/gdpr/export/{Uri.EscapeDataString(User)}";
        var export = (await engine.GetAsync(path)).Json;
        var counts = export.GetProperty("manifest").GetProperty("included").EnumerateArray().ToDictionary(kind => kind.GetProperty("kind").GetString()!, kind => kind.GetProperty("items").GetInt64());
        Assert.That(counts.Keys, Is.EqualTo(export.EnumerateObject().Select(kind => kind.Name).Where(name => name != "manifest")));
        Assert.That(counts.Select(kind => export.GetProperty(kind.Key).GetArrayLength()), Is.EqualTo(counts.Values));
        Assert.That((counts["events"], counts["deadLetters"], counts["carts"], counts["journeys"], counts["messages"], counts["orders"], counts["consents"], counts["consentRecords"]), Is.EqualTo((8, 4, 2, 2, 2, 1, 1, 1)));
        Assert.That(counts["archivedEvents"], Is.EqualTo(counts["events"]));
        Assert.That(s_texts.Where(text => !export.GetRawText().Contains(text, StringComparison.Ordinal)), Is.Empty, "everything is in it");
        Assert.That(new[] { Other, OtherCart, OtherEmail }.Where(text => export.GetRawText().Contains(text, StringComparison.Ordinal)), Is.Empty, "and nothing of others");
        Assert.That(export.GetProperty("manifest").GetProperty("notIncluded").GetArrayLength(), Is.GreaterThan(3));

        using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(await engine.Http.GetByteArrayAsync($"{path}?format=zip")));
        Assert.That(zip.Entries.Select(entry => entry.Name), Is.EqualTo(counts.Keys.Select(kind => $"{kind}.ndjson").Append("manifest.json")));
        foreach (var (kind, items) in counts)
        {
            using var lines = new StreamReader(zip.GetEntry($"{kind}.ndjson")!.Open());
            Assert.That(lines.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.ValueKind).Count(), Is.EqualTo(items), kind);
        }
    }

    static async Task<ApiAnswer> CompletedAsync(InProcessEngine engine, string id)
    {
        ApiAnswer answer = null!;
        await Eventually.Is(() => (answer = engine.GetAsync($"/v1/gdpr/status/{id}").GetAwaiter().GetResult()).Json.GetProperty("state").GetString() == "completed",
            () => $"it is completed: {answer?.Body}");
        return answer;
    }

    static async Task AssertReceiptAsync(InProcessEngine engine, JsonElement done, string mode)
    {
        var verified = await engine.Host.Privacy.Receipts.VerifyAsync(done.GetProperty("receipt").GetString()!);
        using var receipt = JsonDocument.Parse(verified!.Value.Message);
        var root = receipt.RootElement;
        Assert.That((root.GetProperty("typ").GetString(), root.GetProperty("mode").GetString(), root.GetProperty("reason").GetString()), Is.EqualTo(("erasure", mode, "ticket 12")));
        Assert.That(root.GetProperty("person").GetString(), Is.EqualTo(done.GetProperty("person").GetString()));
        Assert.That(root.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()), Is.EqualTo(ErasureStep.Names));
        var counts = done.GetProperty("steps").EnumerateArray().ToDictionary(step => step.GetProperty("name").GetString()!, step => step.GetProperty("counts"));
        Assert.That((counts["find"].GetProperty("carts").GetInt64(), counts["find"].GetProperty("addresses").GetInt64(), counts["dead_letters"].GetProperty("dead letters").GetInt64()), Is.EqualTo((2, 3, 4)));
        Assert.That(counts["database"].GetProperty("keys destroyed").GetInt64(), Is.GreaterThan(0));
        Assert.That(s_texts.Where(text => Encoding.UTF8.GetString(verified.Value.Message).Contains(text, StringComparison.Ordinal)), Is.Empty);
    }

    static async Task AssertOthersAsync(InProcessEngine engine, string mode)
    {
        var orders = (await engine.GetAsync("/v1/conversions?from=0")).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.That(orders.Select(order => order.GetProperty("value").GetDouble()), Is.EquivalentTo(mode == "delete" ? new[] { 11.0 } : [7.0, 11.0]));
        Assert.That((await engine.GetAsync($"/v1/customers/{Other}")).Json.GetProperty("email").GetProperty("known").GetBoolean());
        var letters = (await engine.GetAsync("/v1/deadletters")).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.That(letters.Select(letter => letter.GetRawText()).ToArray(), Has.Length.EqualTo(1).And.All.Contains(Other));
        Assert.That((await engine.GetAsync("/v1/suppressions")).Json.GetProperty("items").GetArrayLength(), Is.EqualTo(1), "they are still not written to");
        var audit = await new CartRecovery.Engine.ControlPlane.Audit.AuditLog(engine.Host.Control).ListAsync(new(Action: "privacy."), long.MaxValue, 10);
        Assert.That(audit.Select(entry => entry.Event.Action), Is.EqualTo(new[] { "privacy.forgotten", "privacy.forget", "privacy.export", "privacy.export" }));
    }

    // Everything in the folder, and what journals have compressed.
    IReadOnlyList<string> Found(string folder = "data") =>
        [.. PersonSearch.Find(_scratch.PathOf(folder), s_texts, _ => true), .. PersonSearch.FindIn(JournalBlocks.In(_scratch.PathOf(folder)), s_texts)];

    // The archive's files, and what their pages have compressed.
    async Task<IReadOnlyList<string>> ArchivedAsync()
    {
        var found = PersonSearch.Find(_scratch.PathOf("parquet"), s_texts, _ => true).ToList();
        foreach (var path in Directory.EnumerateFiles(_scratch.PathOf("parquet"), "*.parquet", SearchOption.AllDirectories))
        {
            var table = await ParquetTable.ReadAsync(await File.ReadAllBytesAsync(path));
            found.AddRange(PersonSearch.FindIn([(path, Encoding.UTF8.GetBytes(string.Join('\n', table.Rows.Select(row => string.Join('|', row)))))], s_texts));
        }

        return found;
    }

    Task<InProcessEngine> StartAsync() => InProcessEngine.StartAsync(config =>
    {
        config.Data = _scratch.PathOf("data");
        config.Archive.To = _scratch.PathOf("parquet");
        var sink = new SinkConfig { Type = "file" };
        sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
        config.Sinks["out"] = sink;
        var campaign = InProcessEngine.Answering("begin_checkout", "Hello {{ customer.first_name }} at {{ customer.id }} {{ cart_id }}");
        (campaign.Name, campaign.Channel) = ("greeting", "out");
        config.Decisions.Campaigns.Add(campaign);
    });

    string Sent() => File.Exists(_scratch.PathOf("sent.ndjson")) ? File.ReadAllText(_scratch.PathOf("sent.ndjson")) : "";

    static string View(string user) => EventJson.Of(EventJson.NewCart(), "page_view", $$""","userId":"{{user}}" """);
}
