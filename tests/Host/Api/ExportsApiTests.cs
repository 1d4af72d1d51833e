using System.Net;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Backtest;
using CartRecovery.Tests.Exports;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Downloads over HTTP.</summary>
[TestFixture]
sealed class ExportsApiTests
{
    const string Other = "sk_other";
    const int Carts = 8;

    static readonly (string, string) s_demo = ("X-Store-Id", "demo");

    InProcessEngine _engine = null!;
    TestUsers _users = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] });
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        _users = new TestUsers(_engine);
        for (var i = 0; i < Carts; i++)
        {
            await _engine.PostAsync("/v1/events", EventJson.Array(
                EventJson.Of($"cart-{i}", "add_to_cart", $$""","productId":"=p{{i}}","price":2.5,"quantity":2,"currency":"EUR","userId":"user-{{i}}","meta":{"note":"of user-{{i}}"}"""),
                EventJson.Of($"cart-{i}", "begin_checkout", $$""","userId":"user-{{i}}" """)));
            await _engine.PostAsync("/v1/events", EventJson.Of($"cart-{i}", "purchase", $$""","orderId":"o-{{i}}","value":5.25,"currency":"EUR","userId":"user-{{i}}" """));
        }

        await _engine.PostAsync("/v1/events", EventJson.Of("theirs"), Other);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task Events_are_exported_in_each_format()
    {
        var answer = await _engine.GetAsync("/v1/export/events");
        var rows = RowsOf(answer);
        Assert.That((answer.Headers["Content-Type"], answer.Headers["Content-Disposition"]), Is.EqualTo(("application/x-ndjson", "attachment; filename=\"events.ndjson\"")));
        Assert.That(rows, Has.Length.EqualTo(3 * Carts), answer.Body);
        var added = rows.Single(row => Text(row, "cartId") == "cart-3" && Text(row, "type") == "add_to_cart");
        Assert.That(added.EnumerateObject().Select(field => field.Name),
            Is.EqualTo(new[] { "id", "type", "storeId", "cartId", "userId", "productId", "quantity", "price", "currency", "ts", "receivedAt", "meta", "cursor" }));
        Assert.That((Text(added, "storeId"), added.GetProperty("quantity").GetDecimal(), added.GetProperty("price").GetDecimal(), added.GetProperty("meta").GetRawText()),
            Is.EqualTo(("demo", 2m, 2.5m, """{"note":"of user-3"}""")));
        Assert.That(Text(added, "receivedAt"), Does.Match(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"));

        var csv = await _engine.GetAsync("/v1/export/events?format=csv");
        Assert.That(csv.Headers["Content-Type"], Is.EqualTo("text/csv; charset=utf-8; header=present"));
        var cells = Csv.Parse(csv.Body);
        Assert.That(cells.Skip(1).Select(row => row[0]), Is.EqualTo(rows.Select(row => Text(row, "id"))));
        Assert.That(cells.Single(row => row[3] == "cart-3" && row[1] == "add_to_cart")[6], Is.EqualTo("'=p3"), "no formula");

        var table = await ParquetTable.ReadAsync(await _engine.Http.GetByteArrayAsync("/v1/export/events?format=parquet"));
        Assert.That(table.Columns, Is.EqualTo(cells[0]));
        Assert.That(table.Rows.Select(row => row[0]), Is.EqualTo(rows.Select(row => Text(row, "id"))));
        Assert.That(table.Rows.Select(row => row[^1]), Is.EqualTo(rows.Select(row => Text(row, "cursor"))));
    }

    [TestCase("interventions", Carts)]
    [TestCase("conversions", Carts)]
    public async Task Reports_are_exported_with_the_rows_of_their_lists(string kind, int count)
    {
        var listed = (await _engine.GetAsync($"/v1/{kind}?from=0&limit=1000")).Json.GetProperty("items").EnumerateArray().ToArray();
        var rows = RowsOf(await _engine.GetAsync($"/v1/export/{kind}"));
        Assert.That(rows, Has.Length.EqualTo(count).And.Length.EqualTo(listed.Length));
        Assert.That(rows.Select(Plain).Order(StringComparer.Ordinal), Is.EqualTo(listed.Select(Plain).Order(StringComparer.Ordinal)));
        Assert.That(Csv.Parse((await _engine.GetAsync($"/v1/export/{kind}?format=csv")).Body), Has.Count.EqualTo(count + 1));
        var table = await ParquetTable.ReadAsync(await _engine.Http.GetByteArrayAsync($"/v1/export/{kind}?format=parquet"));
        Assert.That(table.Rows, Has.Count.EqualTo(count));
        if (kind == "conversions")
        {
            Assert.That(rows.Select(row => (Text(row, "orderId"), row.GetProperty("value").GetDecimal())), Is.EquivalentTo(Enumerable.Range(0, Carts).Select(i => ($"o-{i}", 5.25m))));
        }
    }

    [TestCase("events")]
    [TestCase("interventions")]
    [TestCase("conversions")]
    public async Task A_cut_download_goes_on_after_each_row_without_loss_or_doubling(string kind)
    {
        var whole = RowsOf(await _engine.GetAsync($"/v1/export/{kind}"));
        for (var i = 0; i < whole.Length; i++)
        {
            var rest = RowsOf(await _engine.GetAsync($"/v1/export/{kind}?cursor={Text(whole[i], "cursor")}"));
            Assert.That(rest.Select(row => row.GetRawText()), Is.EqualTo(whole.Skip(i + 1).Select(row => row.GetRawText())), $"after {i}");
        }

        var first = RowsOf(await _engine.GetAsync($"/v1/export/{kind}?limit=3"));
        Assert.That(first.Select(row => row.GetRawText()), Is.EqualTo(whole.Take(3).Select(row => row.GetRawText())));
    }

    [Test]
    public async Task A_period_selects_rows()
    {
        foreach (var kind in new[] { "events", "interventions", "conversions" })
        {
            Assert.That(RowsOf(await _engine.GetAsync($"/v1/export/{kind}?to=2000-01-01")), Is.Empty, kind);
            Assert.That(RowsOf(await _engine.GetAsync($"/v1/export/{kind}?from=3h")), Is.Not.Empty, kind);
            Assert.That((await _engine.GetAsync($"/v1/export/{kind}?from=2026-01-02&to=2026-01-01")).Problem, Is.EqualTo((400, "out_of_range")), kind);
        }
    }

    [Test]
    public async Task A_cursor_is_good_for_its_own_list_and_store_alone()
    {
        var cursors = new Dictionary<string, string>();
        foreach (var kind in new[] { "events", "interventions", "conversions" })
        {
            cursors[kind] = Text(RowsOf(await _engine.GetAsync($"/v1/export/{kind}?limit=1")).Single(), "cursor")!;
        }

        Assert.That((await _engine.GetAsync($"/v1/export/events?cursor={cursors["conversions"]}")).Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That((await _engine.GetAsync($"/v1/export/events?cursor={cursors["events"]}", Other)).Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That((await _engine.GetAsync($"/v1/export/events?cursor=x{cursors["events"]}")).Problem, Is.EqualTo((400, "out_of_range")));
        Assert.That(RowsOf(await _engine.GetAsync("/v1/export/events", Other)).Select(row => Text(row, "cartId")), Is.EqualTo(new[] { "theirs" }));
        Assert.That(RowsOf(await _engine.GetAsync("/v1/export/interventions", Other)), Is.Empty);
    }

    [Test]
    public async Task Without_the_permission_personal_data_is_masked_and_each_export_is_recorded()
    {
        var analyst = await _users.NewAsync(new Grant("analyst", null));
        var rows = RowsOf(await _engine.GetAsync("/v1/export/events", key: null, analyst, s_demo));
        Assert.That(rows, Has.Length.EqualTo(3 * Carts));
        Assert.That(rows.Select(row => Text(row, "userId")), Is.All.StartsWith("masked."));
        Assert.That(rows.Select(row => Text(row, "cartId")), Is.All.StartsWith("masked."));
        Assert.That(rows.SelectMany(row => row.EnumerateObject()).Select(field => field.Name), Has.None.AnyOf("id", "sessionId", "meta"));
        Assert.That(rows.Select(row => Text(row, "userId")).Distinct().Count(), Is.EqualTo(Carts), "and told apart");
        var messages = RowsOf(await _engine.GetAsync("/v1/export/interventions", key: null, analyst, s_demo));
        Assert.That(messages.Select(row => Text(row, "cartId")), Has.Exactly(Carts).StartsWith("masked."));

        await _engine.GetAsync("/v1/export/conversions?format=csv", key: null, await _users.NewAsync(new Grant("operator", null)), s_demo);
        var entries = await new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Action: "data.export"), long.MaxValue, 1000);
        Assert.That(entries.Select(entry => (entry.Event.Target, entry.Event.Store, entry.Event.Details)),
            Is.SupersetOf(new[] { ("export:events", "demo", """{"format":"ndjson","masked":true}"""), ("export:conversions", "demo", """{"format":"csv","masked":false}""") }));
        var reads = await new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Action: "personal_data.read"), long.MaxValue, 1000);
        Assert.That(reads.Select(entry => entry.Event.Target), Is.EqualTo(new[] { "route:GET /v1/export/conversions" }));
    }

    [Test]
    public async Task One_export_of_a_store_runs_at_a_time_and_few_of_all()
    {
        using (_engine.Host.Exports.TryBegin("demo"))
        {
            Assert.That((await _engine.GetAsync("/v1/export/events")).Problem, Is.EqualTo((503, "export_busy")));
            Assert.That((await _engine.GetAsync("/v1/export/events", Other)).Status, Is.EqualTo(HttpStatusCode.OK));
            using var second = _engine.Host.Exports.TryBegin("third");
            using var third = _engine.Host.Exports.TryBegin("fourth");
            Assert.That((await _engine.GetAsync("/v1/export/conversions", Other)).Status, Is.EqualTo(HttpStatusCode.OK));
            using var fourth = _engine.Host.Exports.TryBegin("fifth");
            Assert.That((await _engine.GetAsync("/v1/export/conversions", Other)).Problem, Is.EqualTo((503, "export_busy")));
        }

        Assert.That((await _engine.GetAsync("/v1/export/events")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_client_that_goes_away_frees_its_slot()
    {
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/v1/export/events"))
        {
            using var response = await _engine.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        await Eventually.Is(() =>
        {
            using var free = _engine.Host.Exports.TryBegin("demo");
            return free is not null;
        }, "the slot is free");
    }

    static JsonElement[] RowsOf(ApiAnswer answer)
    {
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        return [.. answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    // Without nulls, and without what only exports have.
    static string Plain(JsonElement row) => string.Join(' ', row.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null && field.Name is not ("cursor" or "orderId"))
        .Select(field => $"{field.Name}={field.Value}"));

    static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out var value) ? value.GetString() : null;
}
