using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Conventions of every operation: unknown parameters, times, pages, encodings, HEAD, and the shape of problems.</summary>
[TestFixture]
sealed class ApiConventionTests : EngineFixture
{
    // Only a user is told more.
    static readonly string[] s_ofUsers =
    [
        "/v1/config", "/v1/config/7", "/v1/config/versions", "/v1/config/versions/7", "/v1/config/diff", "/v1/config/export", "/v1/config/schedule",
        "/v1/api-keys", "/v1/audit", "/v1/auth/me", "/v1/jobs", "/v1/jobs/7", "/v1/jobs/7/runs", "/v1/jobs/7/runs/7", "/v1/logs", "/v1/members", "/v1/members/7", "/v1/roles",
        "/v1/anomalies", "/v1/anomalies/7", "/v1/security/threats", "/v1/security/access",
        "/api/v1/monitoring/incidents", "/api/v1/monitoring/incidents/figures", "/api/v1/monitoring/incidents/7", "/api/v1/monitoring/dashboard/incidents",
        "/api/v1/monitoring/alerts", "/api/v1/monitoring/alerts/history", "/api/v1/monitoring/alerts/7", "/api/v1/monitoring/alerts/rules", "/api/v1/monitoring/alerts/rules/7", "/v1/alerts", "/api/v1/rules", "/api/v1/alerts", "/api/v2/status", "/api/v2/receivers", "/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences", "/api/v2/silence/7",
        "/v1/pipeline/status", "/api/v1/monitoring/cache/stats", "/health/detailed", "/v1/status", "/health/services/all", "/v1/services/status", "/health/dependencies", "/health/7", "/api/v1/monitoring/dashboard/sla", "/api/v1/monitoring/dashboard/overview", "/api/v1/monitoring/dashboard/performance", "/api/v1/monitoring/dashboard/business",
        "/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/label/7/values", "/api/v1/metadata", "/api/v1/status/buildinfo", "/api/v1/monitoring/grafana", "/api/v1/monitoring/metrics", "/api/v1/monitoring/metrics/latest", "/api/v1/monitoring/metrics/service/7", "/api/v1/monitoring/metrics/export",
    ];

    static readonly string[] s_lenient = ["/alerts/acknowledge/", "/v1/track/click/", "/v1/track/open/", "/v1/track/unsubscribe/", "/v1/track/confirm/", "/v1/restore/", "/v1/stream", "/v1/auth/password", "/v1/auth/oidc/callback", "/sdk."];

    ApiContract _contract = null!;

    [OneTimeSetUp]
    public async Task ReadContractAsync() => _contract = await ApiContract.OfAsync(Engine);

    [Test]
    public async Task Unknown_parameters_are_rejected_except_in_links_and_pages()
    {
        foreach (var path in Gets().Except(s_ofUsers))
        {
            var answer = await Engine.GetAsync($"{path}?nonsense=1");
            var isLenient = s_lenient.Any(path.StartsWith);
            Assert.That(answer.Problem, isLenient ? Is.Not.EqualTo((400, "unknown_parameter")) : Is.EqualTo((400, "unknown_parameter")), path);
        }
    }

    [TestCase("/v1/interventions?limt=5", "'limt': unknown query parameter. Did you mean 'limit'?")]
    [TestCase("/v1/interventions?limit=0", "limit: expected a number from 1 to 1000, got '0'.")]
    [TestCase("/v1/interventions?limit=1&limit=2", "limit: expected one value, got 2.")]
    [TestCase("/v1/interventions?state=snet", "state: unknown value 'snet'. Did you mean 'sent'?")]
    [TestCase("/v1/interventions?reason=suppresed", "reason: unknown value 'suppresed'. Did you mean 'suppressed'?")]
    [TestCase("/v1/interventions?cursor=x", "cursor: expected the previous page's 'next', of the same list and store.")]
    [TestCase("/v1/analytics/revenue?from=yesterday", "from: expected RFC 3339 like 2026-11-20T09:40:00Z, a date, milliseconds since 1970, or how long ago, like 2h or 7d, got 'yesterday'.")]
    [TestCase("/v1/orders?from=1795167600", "from: '1795167600' looks like seconds, not milliseconds since 1970; send 1795167600000.")]
    [TestCase("/v1/interventions?to=1795167600000000", "to: '1795167600000000' looks like microseconds, not milliseconds since 1970; send 1795167600000.")]
    [TestCase("/v1/customers?from=1795167600.5", "from: '1795167600.5' looks like seconds, not milliseconds since 1970; send 1795167600500.")]
    [TestCase("/v1/carts?from=20261120", "from: '20261120' looks like the digits of a date (yyyyMMdd), not milliseconds since 1970; send 1795132800000.")]
    [TestCase("/v1/analytics/revenue?format=xml", "format: expected one of json, csv, got 'xml'.")]
    [TestCase("/v1/analytics/revenue?from=2026-01-02&to=2026-01-01", "to: expected a time that is not before 'from'.")]
    [TestCase("/health?x=1", "'x': unknown query parameter. This path accepts none.")]
    public async Task A_parameter_problem_states_the_error_and_the_remedy(string path, string detail)
    {
        var answer = await Engine.GetAsync(path);

        Assert.That((answer.Status, answer.Json.GetProperty("detail").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, detail)));
    }

    [TestCase("7d")]
    [TestCase("2h")]
    [TestCase("2026-11-20")]
    [TestCase("2026-11-20T09:40:00Z")]
    [TestCase("2026-11-20T09:40:00%2B01:00")]
    [TestCase("1732095600000")]
    public async Task A_time_is_accepted_in_each_format(string time) =>
        Assert.That((await Engine.GetAsync($"/v1/analytics/revenue?from={time}")).Status, Is.EqualTo(HttpStatusCode.OK));

    [Test]
    public async Task Every_list_has_items_and_next()
    {
        foreach (var (_, path, operation) in _contract.Operations.Where(o => ApiContract.Each(o.Operation, "parameters").Any(p => p.GetProperty("name").GetString() == "cursor")
            && !o.Path.Contains('{') && !s_ofUsers.Contains(o.Path) && !o.Path.StartsWith("/v1/export/", StringComparison.Ordinal) && !o.Path.StartsWith("/v1/tap/", StringComparison.Ordinal)))
        {
            var answer = await Engine.GetAsync(path);
            Assert.That(answer.Json.EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "items", "next" }), path);
        }
    }

    [Test]
    public async Task The_pages_of_a_list_cover_it_completely()
    {
        var whole = (await Engine.GetAsync("/v1/features/definitions?limit=1000")).Json.GetProperty("items").EnumerateArray().Select(f => f.GetProperty("name").GetString()).ToArray();
        var names = new List<string?>();
        string? cursor = null;
        do
        {
            var page = (await Engine.GetAsync($"/v1/features/definitions?limit=7{(cursor is null ? "" : $"&cursor={cursor}")}")).Json;
            names.AddRange(page.GetProperty("items").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.That(names, Is.EqualTo(whole));
    }

    [Test]
    public async Task Paging_skips_no_interventions_of_one_millisecond()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout")));
        var at = TimeProvider.System.GetUtcNow().AddMinutes(-1).ToUnixTimeMilliseconds();
        await engine.PostAsync("/v1/events", EventJson.Array(Enumerable.Range(0, 12).Select(i => string.Create(CultureInfo.InvariantCulture,
            $$"""{"id":"same{{i}}","type":"begin_checkout","cartId":"same{{i}}","sessionId":"s{{i}}","ts":{{at}}}"""))));
        var whole = Ids((await engine.GetAsync("/v1/interventions?limit=1000")).Json);
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await engine.GetAsync($"/v1/interventions?from=1h&limit=5{(cursor is null ? "" : $"&cursor={cursor}")}")).Json;
            ids.AddRange(Ids(page));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        Assert.That(whole, Has.Length.EqualTo(12));
        Assert.That(ids, Is.EqualTo(whole));
        Assert.That((await engine.GetAsync("/v1/interventions?to=1h")).Json.GetProperty("items").GetArrayLength(), Is.Zero);

        static string[] Ids(System.Text.Json.JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!)];
    }

    [Test]
    public async Task HEAD_is_answered_like_GET_without_a_body()
    {
        foreach (var path in Gets().Where(p => p != "/v1/stream"))
        {
            var get = await Engine.GetAsync(path);
            var head = await Engine.AskAsync(HttpMethod.Head, path, content: null, InProcessEngine.Secret);
            Assert.That((head.Status, head.Body), Is.EqualTo((get.Status, "")), path);
        }
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    [TestCase("deflate without zlib")]
    public async Task A_body_may_be_compressed(string encoding)
    {
        var cart = EventJson.NewCart();
        var answer = await PostAsync(Compress(encoding, EventJson.Utf8(EventJson.Array(EventJson.Many(cart, 3)))), encoding);

        Assert.That((answer.Status, answer.Taken), Is.EqualTo((HttpStatusCode.OK, (3L, 0L, ""))));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(3));
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    [TestCase("deflate without zlib")]
    public async Task A_decompression_bomb_is_rejected_within_bounded_memory(string encoding)
    {
        var bomb = Compress(encoding, new byte[200 * 1024 * 1024]);
        Assert.That(bomb, Has.Length.LessThan(512 * 1024), "the bomb is small when compressed");
        await PostAsync(bomb, encoding);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var answer = await PostAsync(bomb, encoding);

        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(8 * 1024 * 1024));
        Assert.That(answer.Problem, Is.EqualTo((413, "message_too_large")));
    }

    [TestCase("identity")]
    [TestCase("Identity")]
    public async Task The_encoding_that_is_none_is_taken(string encoding) =>
        Assert.That((await PostAsync(EventJson.Utf8("""[{"type":"page_view"}]"""), encoding)).Problem, Is.Not.EqualTo((415, "unsupported_encoding")));

    [TestCase("zstd")]
    [TestCase("gzip, gzip")]
    public async Task An_unknown_content_encoding_is_rejected(string encoding)
    {
        var answer = await PostAsync(EventJson.Utf8("[]"), encoding);

        Assert.That(answer.Problem, Is.EqualTo((415, "unsupported_encoding")));
        Assert.That(answer.Headers["Accept-Encoding"], Is.EqualTo("gzip, deflate, br"));
    }

    [TestCase("gzip")]
    [TestCase("br")]
    [TestCase("deflate")]
    public async Task Broken_compression_is_a_bad_request(string encoding) =>
        Assert.That((await PostAsync(EventJson.Utf8("not compressed data"), encoding)).Problem, Is.EqualTo((400, "bad_request")));

    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/xml")]
    public async Task Another_content_type_is_rejected(string type)
    {
        var body = new ByteArrayContent(EventJson.Utf8("[]"));
        body.Headers.ContentType = new MediaTypeHeaderValue(type);

        Assert.That((await Engine.AskAsync(HttpMethod.Post, "/v1/events", body, InProcessEngine.Secret)).Problem, Is.EqualTo((415, "unsupported_media_type")));
    }

    [Test]
    public async Task Problems_ignore_the_Accept_header()
    {
        var answer = await Engine.GetAsync("/v1/interventions?limit=0", InProcessEngine.Secret, ("Accept", "text/csv"));
        var nowhere = await Engine.GetAsync("/v1/nowhere", InProcessEngine.Secret, ("Accept", "text/html"));

        Assert.That((answer.Problem, nowhere.Problem), Is.EqualTo(((400, "out_of_range"), (404, "not_found"))));
        Assert.That(nowhere.Json.GetProperty("detail").GetString(), Is.EqualTo("No such endpoint. See /docs for the list."));
        Assert.That(nowhere.Json.EnumerateObject().Select(p => p.Name), Is.EqualTo(new[] { "type", "title", "status", "detail", "code" }));
    }

    [TestCase("hello", "$: not the JSON that this path accepts; see /docs. (line 1, byte 0)")]
    [TestCase("[{\"id\":\"p\",\"price\":\"x\"}]", "$[0].price: not the JSON that this path accepts; see /docs. (line 1, byte 22)")]
    public async Task An_unreadable_body_is_reported_with_its_position(string body, string detail)
    {
        var answer = await Engine.PostAsync("/v1/products", body);

        Assert.That((answer.Problem.Code, answer.Json.GetProperty("detail").GetString()), Is.EqualTo(("invalid_json", detail)));
    }

    [TestCase("PATCH", "/v1/users/ann", """{"consents":[{"channel":"email","granted":true,"expiresAt":1795167600}]}""", "$.consents[0].expiresAt")]
    [TestCase("PATCH", "/v1/users/ann", """{"consents":[{"channel":"email","granted":true,"expiresAt":1795167600000}]}""", "$.consents[0].expiresAt")]
    [TestCase("POST", "/v1/interventions", """{"cartId":"c","campaign":"x","at":1795167600}""", "$.at")]
    public async Task A_time_in_a_body_is_a_text(string method, string path, string body, string field)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var answer = await Engine.AskAsync(new HttpMethod(method), path, content, InProcessEngine.Secret);
        Assert.That((answer.Problem, answer.Json.GetProperty("detail").GetString()),
            Is.EqualTo(((400, "invalid_json"), $"{field}: expected RFC 3339 like 2026-11-20T09:40:00Z, got a number.")));
    }

    [TestCase("[{\"price\":5}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"\"}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"price\":-1}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"price\":1000000000.01}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"price\":1e15}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"price\":1e40}]", 400, "invalid_json")]
    [TestCase("[{\"id\":\"p\",\"stock\":-1}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"url\":\"javascript:alert(1)\"}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"image\":\"/relative.png\"}]", 400, "out_of_range")]
    [TestCase("[{\"id\":\"p\",\"price\":1000000000,\"stock\":0,\"url\":\"https://shop.example/p\"}]", 200, null)]
    [TestCase("[{\"id\":\"p\",\"price\":1,\"more\":true}]", 200, null)]
    public async Task Products_are_validated(string body, int status, string? code) =>
        Assert.That((await Engine.PostAsync("/v1/products", body)).Problem, Is.EqualTo((status, code)));

    [TestCase("email", "nobody", 400)]
    [TestCase("email", "a@b@c.example", 400)]
    [TestCase("email", "a@x.example\\n", 400)]
    [TestCase("email", "a@x.example", 200)]
    [TestCase("sms", "call me", 400)]
    [TestCase("sms", "+31612345678", 200)]
    public async Task Suppressions_accept_only_addresses(string channel, string address, int status) => Assert.That(
        (await Engine.PostAsync("/v1/suppressions", $$"""{"channel":"{{channel}}","address":"{{address}}"}""")).Problem, Is.EqualTo((status, status == 200 ? null : "invalid_suppression")));

    [Test]
    public async Task A_command_that_throws_fails_alone()
    {
        var journeys = Engine.Host.Journeys;

        Assert.That(async () => await journeys.InvokeAsync<bool>((_, _) => throw new OverflowException("too large")), Throws.TypeOf<OverflowException>());
        Assert.That(await journeys.InvokeAsync((_, _) => 7), Is.EqualTo(7));
        Assert.That((await Engine.GetAsync("/health", key: null)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_single_intervention_takes_no_page() =>
        Assert.That((await Engine.GetAsync("/v1/interventions/x?limit=5")).Problem, Is.EqualTo((400, "unknown_parameter")));

    IEnumerable<string> Gets() => _contract.Operations.Where(o => o.Method == "GET")
        .Select(o => string.Join('/', o.Path.Split('/').Select(part => part.StartsWith('{') ? "7" : part)));

    Task<ApiAnswer> PostAsync(byte[] body, string encoding)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding.Split(' ')[0].TrimEnd(',') is "deflate" ? "deflate" : encoding);
        return Engine.AskAsync(HttpMethod.Post, "/v1/events", content, InProcessEngine.Secret);
    }

    static byte[] Compress(string encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "br" => new BrotliStream(packed, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(packed, CompressionLevel.SmallestSize),
            "deflate without zlib" => new DeflateStream(packed, CompressionLevel.SmallestSize),
            _ => new GZipStream(packed, CompressionLevel.SmallestSize),
        })
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }
}
