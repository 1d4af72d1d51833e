using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The shop tells its orders and carts over HTTP, and as files.</summary>
[TestFixture]
sealed class ReconciliationApiTests
{
    const string Other = "sk_other";

    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    Scratch _scratch = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] });
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
            config.Reconciliation.From = _scratch.PathOf("lists");
            config.Reconciliation.Repair = true;
        });
        _users = new TestUsers(_engine);
        for (var i = 1; i <= 4; i++)
        {
            await _engine.PostAsync("/v1/events", EventJson.Array(
                EventJson.Of($"cart-{i}", "add_to_cart", ",\"productId\":\"p1\",\"price\":5,\"currency\":\"EUR\",\"quantity\":2"), EventJson.Of($"cart-{i}", "begin_checkout")));
            await _engine.PostAsync("/v1/events", EventJson.Of($"cart-{i}", "purchase", $$""","orderId":"o-{{i}}","value":10,"currency":"EUR" """));
        }

        await _engine.PostAsync("/v1/events", EventJson.Of("cart-4", "order_cancelled", ",\"orderId\":\"o-4\""));
        await _engine.PostAsync("/v1/events", EventJson.Of("open-cart", "add_to_cart", ",\"productId\":\"p1\",\"price\":5,\"currency\":\"EUR\",\"quantity\":3"));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task Differences_are_reported_and_nothing_is_changed()
    {
        var report = await SendAsync("/v1/reconciliation?from=1d&to=30m", """
            orderId,cartId,value,currency,status,itemCount
            o-1,cart-1,10,EUR,placed,
            o-2,cart-2,11,EUR,placed,
            o-3,cart-3,10,USD,,
            o-new,cart-9,7,EUR,placed,
            o-new,cart-9,8,EUR,placed,
            ,open-cart,15,EUR,,3
            ,open-cart,14.5,EUR,,4
            ,no-cart,,,,
            o-bad,,x,,,
            """, "text/csv");
        Assert.That(Numbers(report), Is.EqualTo("orders 4, carts 3, matched 2, missingHere 2, missingThere 1, differing 3, repaired 0, invalid 2"), report.GetRawText());
        Assert.That(report.GetProperty("differences").EnumerateArray().Select(Difference), Is.EqualTo(new[]
        {
            "differs 3 o-2 value 11 10", "differs 4 o-3 currency USD EUR", "missing_here 5 o-new", "differs 8 open-cart itemCount 4 3", "differs 8 open-cart value 14.5 15", "missing_here 9 no-cart",
            "missing_there o-4",
        }));
        Assert.That(report.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()), Is.EquivalentTo(new[] { 6, 10 }));
        Assert.That((await _engine.GetAsync("/v1/orders")).Body, Does.Not.Contain("o-new"), "a dry run");

        var id = report.GetProperty("id").GetString();
        Assert.That((await _engine.GetAsync($"/v1/reconciliation/{id}")).Json.GetRawText(), Is.EqualTo(report.GetRawText()));
        var listed = (await _engine.GetAsync("/v1/reconciliation?limit=1000")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("id").GetString() == id);
        Assert.That((Numbers(listed), listed.GetProperty("differences").GetArrayLength()), Is.EqualTo((Numbers(report), 0)));
        Assert.That((await _engine.GetAsync($"/v1/reconciliation/{id}", Other)).Problem, Is.EqualTo((404, "reconciliation_not_found")));
        Assert.That((await _engine.GetAsync("/v1/reconciliation", Other)).Json.GetProperty("items").GetArrayLength(), Is.Zero);
        var entries = await new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Target: $"reconciliation:{id}"), long.MaxValue, 10);
        Assert.That(entries.Single().Event.Action, Is.EqualTo("reconciliation.add"));
    }

    [Test]
    public async Task A_cancelled_order_is_told_by_its_status()
    {
        var report = await SendAsync("/v1/reconciliation", """[{"orderId":"o-4","status":"cancelled"},{"orderId":"o-1","status":"cancelled"}]""", "application/json");
        Assert.That(report.GetProperty("differences").EnumerateArray().Select(Difference), Is.EqualTo(new[] { "differs 2 o-1 status cancelled placed" }));
    }

    [Test]
    public async Task What_is_in_a_cart_takes_the_permission_to_read_carts()
    {
        await new RoleStore(_engine.Host.Control).SetAsync(new Role("reconciler", new HashSet<string> { Permission.ReconciliationRead }), isNew: true, "cli", address: null);
        var report = await SendAsync("/v1/reconciliation", """[{"cartId":"open-cart","value":1,"currency":"EUR"},{"orderId":"o-1","value":11}]""", "application/json");
        var shown = await _engine.GetAsync($"/v1/reconciliation/{report.GetProperty("id").GetString()}", key: null, await _users.NewAsync(new Grant("reconciler", null)), ("X-Store-Id", "demo"));
        Assert.That(Engine(report), Is.EquivalentTo(new[] { "15", "10" }));
        Assert.That(Engine(shown.Json), Is.EquivalentTo(new[] { null, "10" }));

        static IEnumerable<string?> Engine(JsonElement report) => report.GetProperty("differences").EnumerateArray().Select(difference => difference.GetProperty("engine").GetString());
    }

    [Test]
    public async Task Without_a_currency_an_order_is_compared_in_its_own()
    {
        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of("cart-d", "add_to_cart", ",\"productId\":\"p1\",\"price\":5,\"currency\":\"USD\""), EventJson.Of("cart-d", "begin_checkout")));
        await _engine.PostAsync("/v1/events", EventJson.Of("cart-d", "purchase", ""","orderId":"d-1","value":10,"currency":"USD" """));
        var report = await SendAsync("/v1/reconciliation", """[{"orderId":"d-1","value":10}]""", "application/json");
        Assert.That(Numbers(report), Does.Contain("matched 1, missingHere 0"), report.GetRawText());
    }

    [Test]
    public async Task A_missing_order_is_repaired_once_and_others_are_left_alone()
    {
        var now = TimeProvider.System.GetUtcNow();
        await _engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of("cart-r", "add_to_cart", ",\"productId\":\"p1\",\"price\":5"),
            EventJson.Of("cart-u", "begin_checkout"), EventJson.Of("cart-z", "add_to_cart", ",\"productId\":\"p1\",\"price\":5")));
        await _engine.PostAsync("/v1/events", EventJson.Of("cart-u", "purchase", ",\"value\":5"));
        await _engine.PostAsync("/v1/gdpr/forget/customer-zoe", "{}");
        var list = $$"""
            {"orderId":"r-1","cartId":"cart-r","value":7.5,"currency":"EUR","at":"{{now:O}}"}
            {"orderId":"r-2","value":7.5,"currency":"EUR","at":"{{now:O}}"}
            {"orderId":"r-3","cartId":"cart-r","value":7.5,"currency":"EUR","status":"cancelled","at":"{{now:O}}"}
            {"orderId":"o-2","cartId":"cart-2","value":99,"currency":"EUR"}
            {"orderId":"r-4","cartId":"cart-that-was-erased","value":7.5,"at":"{{now:O}}"}
            {"orderId":"r-5","cartId":"cart-r","value":7.5}
            {"orderId":"r-6","cartId":"cart-r","value":7.5,"at":"{{now.AddDays(-40):O}}"}
            {"orderId":"r-7","cartId":"cart-u","value":5,"at":"{{now:O}}"}
            {"orderId":"r-8","cartId":"cart-r","value":7.5,"at":"{{now.AddHours(-2):O}}"}
            {"orderId":"r-9","cartId":"cart-r","value":7.5,"at":"{{now.AddDays(1):O}}"}
            {"orderId":"r-10","cartId":"cart-z","value":7.5,"userId":"customer-zoe","at":"{{now:O}}"}
            """;
        var report = await SendAsync("/v1/reconciliation?repair=true", list, "application/x-ndjson");
        Assert.That(Numbers(report), Is.EqualTo("orders 10, carts 0, matched 0, missingHere 9, missingThere 0, differing 1, repaired 1, invalid 9"), report.GetRawText());
        Assert.That(report.GetProperty("errors").EnumerateArray().OrderBy(error => error.GetProperty("line").GetInt32()).Select(error => error.GetProperty("message").GetString()), Is.EqualTo(new[]
        {
            "not repaired: an order event takes cartId, value and at", "not repaired: the order is cancelled", "not repaired: the engine does not have the cart, or not any more",
            "not repaired: an order event takes cartId, value and at", "not repaired: the order is older than events may be (limits.past, contact.retention)",
            "not repaired: the cart has an order without orderId, which may be this one", "not repaired: the cart began after the order", "not repaired: 'at' is in the future (limits.future)",
            "the customer is forgotten",
        }));
        Assert.That(report.GetRawText(), Does.Not.Contain("r-10").And.Not.Contain("cart-z"), "a report has nothing of who is forgotten");
        Assert.That(report.GetProperty("differences").EnumerateArray().Where(difference => difference.GetProperty("repaired").GetBoolean()).Select(difference => difference.GetProperty("orderId").GetString()),
            Is.EqualTo(new[] { "r-1" }));
        Assert.That((await OrdersAsync()).Where(id => id.StartsWith("r-", StringComparison.Ordinal)), Is.EqualTo(new[] { "r-1" }));
        var entries = await new AuditLog(_engine.Host.Control).ListAsync(new AuditFilter(Target: $"reconciliation:{report.GetProperty("id").GetString()}"), long.MaxValue, 10);
        Assert.That(entries.Select(entry => (entry.Event.Action, entry.Event.Details)).Last(), Is.EqualTo(("reconciliation.repair", """{"orders":1}""")), "before the first event");

        var again = await SendAsync("/v1/reconciliation?repair=true", list, "application/x-ndjson");
        Assert.That((again.GetProperty("repaired").GetInt32(), again.GetProperty("missingHere").GetInt32()), Is.EqualTo((0, 8)));
        Assert.That((await OrdersAsync()).Count(id => id == "r-1"), Is.EqualTo(1));
        var changed = (await _engine.GetAsync("/v1/orders?limit=1000")).Json.GetProperty("items").EnumerateArray().Single(order => order.GetProperty("orderId").GetString() == "o-2");
        Assert.That(changed.GetProperty("value").GetDouble(), Is.EqualTo(10), "what differs is not changed");
    }

    [Test]
    public async Task An_invalid_list_is_rejected()
    {
        Assert.That((await PostAsync("/v1/reconciliation", "orderID\no1\n", "text/csv")).Problem, Is.EqualTo((400, "invalid_reconciliation")));
        Assert.That((await PostAsync("/v1/reconciliation?from=1d", "[]", "application/json")).Problem, Is.EqualTo((400, "invalid_reconciliation")));
        Assert.That((await PostAsync("/v1/reconciliation", "<xml/>", "application/xml")).Problem, Is.EqualTo((415, "unsupported_media_type")));
    }

    [Test]
    public async Task A_list_longer_than_an_event_batch_is_taken()
    {
        var report = await SendAsync("/v1/reconciliation", "orderId,cartId\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"big-{i},cart-of-the-order-{i}\n")), "text/csv");
        Assert.That((report.GetProperty("orders").GetInt32(), report.GetProperty("missingHere").GetInt32(), report.GetProperty("differences").GetArrayLength()), Is.EqualTo((40_000, 40_000, 1000)));
    }

    [Test]
    public async Task Without_the_permission_carts_are_masked()
    {
        var report = await SendAsync("/v1/reconciliation", """[{"orderId":"m-1","cartId":"cart-of-mia"}]""", "application/json");
        var id = report.GetProperty("id").GetString();
        Assert.That(report.GetProperty("differences")[0].GetProperty("cartId").GetString(), Is.EqualTo("cart-of-mia"));
        var analyst = await _users.NewAsync(new Grant("analyst", null));
        var masked = await _engine.GetAsync($"/v1/reconciliation/{id}", key: null, analyst, ("X-Store-Id", "demo"));
        Assert.That(masked.Json.GetProperty("differences")[0].GetProperty("cartId").ValueKind, Is.EqualTo(JsonValueKind.Null), "with its line, a masked id would tell whose it is");
        Assert.That((await _engine.PostAsync("/v1/reconciliation", "[]", key: null, analyst, ("X-Store-Id", "demo"))).Problem, Is.EqualTo((403, "permission_denied")));
    }

    [Test]
    public async Task The_job_takes_the_files_of_each_stores_folder()
    {
        await _engine.PostAsync("/v1/events", EventJson.Of("cart-f", "add_to_cart", ",\"productId\":\"p1\",\"price\":5"));
        var folder = Directory.CreateDirectory(Path.Combine(_scratch.PathOf("lists"), "demo")).FullName;
        var orders = (await _engine.GetAsync("/v1/orders?limit=1000")).Json.GetProperty("items").EnumerateArray().Select(order => order.GetProperty("at").GetString()![..10]).ToArray();
        var today = orders[^1];
        await File.WriteAllTextAsync(Path.Combine(folder, $"orders-{today}.csv"), $"orderId,cartId,value,currency,at\nf-1,cart-f,3,EUR,{TimeProvider.System.GetUtcNow():O}\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "broken.csv"), "zoe@mail.example\n1\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "readme.txt"), "not a list");
        var control = await _users.NewAsync(new Grant("operator", null));
        var started = await _engine.PostAsync("/v1/jobs/reconciliation/run", "", key: null, control);
        var path = $"/v1/jobs/reconciliation/runs/{started.Json.GetProperty("runId").GetInt64()}";
        await Eventually.Is(() => _engine.GetAsync(path, key: null, control).GetAwaiter().GetResult().Json.GetProperty("outcome").GetString() is "failed" or "succeeded", "it runs");

        var run = (await _engine.GetAsync(path, key: null, control)).Json;
        Assert.That((run.GetProperty("outcome").GetString(), run.GetProperty("report").GetString()), Is.EqualTo(("failed", """{"files":2,"failed":1}""")), run.GetRawText());
        Assert.That(run.GetRawText(), Does.Not.Contain("zoe@mail.example"), "a log does not repeat what a file has");
        Assert.That(Directory.EnumerateFiles(folder).Select(Path.GetFileName), Is.EquivalentTo(new[] { $"orders-{today}.csv.done", "broken.csv.failed", "readme.txt" }));
        var report = (await _engine.GetAsync("/v1/reconciliation?limit=1000")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("source").GetString() == $"orders-{today}.csv");
        Assert.That((report.GetProperty("repaired").GetInt32(), report.GetProperty("missingThere").GetInt32()), Is.EqualTo((1, orders.Count(day => day == today))));
        Assert.That(await OrdersAsync(), Does.Contain("f-1"));
    }

    async Task<IReadOnlyList<string>> OrdersAsync() =>
        [.. (await _engine.GetAsync("/v1/orders?limit=1000")).Json.GetProperty("items").EnumerateArray().Select(order => order.GetProperty("orderId").GetString()!)];

    async Task<JsonElement> SendAsync(string path, string body, string type)
    {
        var answer = await PostAsync(path, body, type);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Body);
        return answer.Json;
    }

    async Task<ApiAnswer> PostAsync(string path, string body, string type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return await _engine.AskAsync(HttpMethod.Post, path, content, InProcessEngine.Secret);
    }

    static string Numbers(JsonElement report) => string.Join(", ",
        new[] { "orders", "carts", "matched", "missingHere", "missingThere", "differing", "repaired", "invalid" }.Select(name => $"{name} {report.GetProperty(name)}"));

    static string Difference(JsonElement d) => string.Join(' ', new[] { d.GetProperty("kind"), d.GetProperty("line"), d.GetProperty("orderId").ValueKind == JsonValueKind.Null ? d.GetProperty("cartId") : d.GetProperty("orderId"),
        d.GetProperty("field"), d.GetProperty("shop"), d.GetProperty("engine") }.Where(value => value.ValueKind != JsonValueKind.Null));
}
