using System.Net;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Ingest.Connections;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

[TestFixture]
sealed class EventsApiTests() : EngineFixture(config =>
    config.Stores[0].Keys.Add(InProcessEngine.Key("pk_shop", KeyKind.Publishable, "https://shop.example")))
{
    [TestCase("/v1/events")]
    [TestCase("/v1/events/batch")]
    public async Task One_event_an_array_and_an_object_of_events_are_accepted(string path)
    {
        var cart = EventJson.NewCart();
        var one = await Engine.PostAsync(path, EventJson.Of(cart));
        var array = await Engine.PostAsync(path, EventJson.Array(EventJson.Many(cart, 3)));
        var wrapped = await Engine.PostAsync(path, $" {{ \"events\" : {EventJson.Array(EventJson.Many(cart, 5))} }} ");
        var none = await Engine.PostAsync(path, "[]");

        Assert.That(new[] { one, array, wrapped, none }.Select(a => (a.Status, a.Taken)), Is.EqualTo(new[]
        {
            (HttpStatusCode.OK, (1L, 0L, "")), (HttpStatusCode.OK, (3L, 0L, "")), (HttpStatusCode.OK, (5L, 0L, "")), (HttpStatusCode.OK, (0L, 0L, "")),
        }));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(9));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(9, 9, 0)));
    }

    [Test]
    public async Task The_response_waits_for_the_fold_unless_the_client_opts_out()
    {
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Partitions = 1;
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        using var gate = new PartitionGate(engine);
        var waiting = engine.PostAsync("/v1/events", EventJson.Of("c", "begin_checkout"));
        await Eventually.Is(() => gate.IsReached, "the partition is blocked");
        var received = await engine.PostAsync("/v1/events?ack=received", EventJson.Array(EventJson.Of("c"), EventJson.Of("c"), "{}"));
        var waited = waiting.IsCompleted;
        gate.Open();

        Assert.That((received.Status, received.Taken), Is.EqualTo((HttpStatusCode.Accepted, (2L, 1L, "2:missing_field"))));
        Assert.That((waited, (await waiting).Status), Is.EqualTo((false, HttpStatusCode.OK)));
        Assert.That(await engine.EventsOfAsync("c"), Is.EqualTo(3));
    }

    [Test]
    public async Task A_partly_invalid_batch_is_partly_accepted()
    {
        var cart = EventJson.NewCart();
        var answer = await Engine.PostAsync("/v1/events", EventJson.Array(
            EventJson.Of(cart), "{}", EventJson.Of(cart), EventJson.Of(cart, more: ",\"storeId\":\"other\""), EventJson.Of(cart, more: ",\"price\":\"1\""),
            EventJson.Of(cart)));

        Assert.That((answer.Status, answer.Taken), Is.EqualTo((HttpStatusCode.OK, (3L, 3L, "1:missing_field 3:foreign_store 4:wrong_type"))));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(3));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(6, 3, 3)));
    }

    [Test]
    public async Task An_entirely_invalid_batch_is_a_bad_request_with_every_error()
    {
        var answer = await Engine.PostAsync("/v1/events", "[{},5]");

        Assert.That((answer.Status, answer.Taken), Is.EqualTo((HttpStatusCode.BadRequest, (0L, 2L, "0:missing_field 1:invalid_event"))));
    }

    [TestCase("", 400, "invalid_json")]
    [TestCase("hello", 400, "invalid_json")]
    [TestCase("{\"events\":", 400, "invalid_json")]
    [TestCase("{\"events\":[{}]", 400, "invalid_json")]
    [TestCase("{\"events\":[{}]} {}", 400, "invalid_json")]
    [TestCase("{\"events\":{}}", 400, "missing_field")]
    [TestCase("{\"events\":[{}]}", 400, "missing_field")]
    [TestCase("{\"\\ud83devents\":[]}", 400, "missing_field")]
    [TestCase("{}", 400, "missing_field")]
    [TestCase("null", 400, "invalid_event")]
    [TestCase("{\"id\":\"e\",\"type\":\"x\",\"cartId\":\"c\",\"ts\":1}", 400, "unknown_type")]
    [TestCase("{\"id\":\"e\",\"type\":\"page_view\",\"cartId\":\"c\",\"ts\":1,\"storeId\":\"other\"}", 403, "foreign_store")]
    public async Task A_malformed_body_is_a_problem(string body, int status, string code)
    {
        var answer = await Engine.PostAsync("/v1/events", body);

        Assert.That(answer.Problem, Is.EqualTo((status, code)));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(1, 0, 1)));
    }

    [Test]
    public async Task Invalid_UTF8_is_a_problem()
    {
        byte[] bad = [.. "{\"id\":\""u8, 0xff, .. "\"}"u8];

        Assert.That((await Engine.PostAsync("/v1/events", bad)).Problem, Is.EqualTo((400, "invalid_utf8")));
        Assert.That((await Engine.PostAsync("/v1/events", (byte[])[.. "{\"events\":["u8, .. bad, .. "]}"u8])).Problem, Is.EqualTo((400, "invalid_utf8")));
    }

    [Test]
    public async Task Size_errors_distinguish_body_batch_and_event()
    {
        var one = EventJson.Of("c", more: $",\"note\":\"{new string('x', 33 * 1024)}\"");
        var many = EventJson.Array(Enumerable.Repeat(EventJson.Of("c", "refund"), 2_501));
        var body = EventJson.Array(Enumerable.Repeat(one, 16));

        Assert.That((await Engine.PostAsync("/v1/events", one)).Problem, Is.EqualTo((413, "event_too_large")));
        Assert.That((await Engine.PostAsync("/v1/events", many)).Problem, Is.EqualTo((413, "batch_too_large")));
        Assert.That((await Engine.PostAsync("/v1/events", body)).Problem, Is.EqualTo((413, "message_too_large")));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(2, 0, 2)));
    }

    [Test]
    public async Task A_chunked_body_over_the_limit_is_rejected()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events");
        request.Headers.TransferEncodingChunked = true;
        request.Content = new StringContent(new string(' ', 513 * 1024));
        using var response = await Engine.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("message_too_large"));
    }

    [TestCase(null, 401, "missing_key")]
    [TestCase("sk_other", 401, "unknown_key")]
    public async Task Requests_without_a_key_are_rejected(string? key, int status, string code)
    {
        var answer = await Engine.PostAsync("/v1/events", EventJson.Of("c"), key);

        Assert.That(answer.Problem, Is.EqualTo((status, code)));
        Assert.That(answer.Headers["WWW-Authenticate"], Is.EqualTo("Bearer"));
        Assert.That(Engine.Counts - Before, Is.EqualTo(new Counts(0, 0, 0)));
    }

    [Test]
    public async Task A_key_is_accepted_in_three_places()
    {
        var event1 = EventJson.Of("c");

        Assert.That((await Engine.PostAsync("/v1/events?key=sk_demo", event1, key: null)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Engine.PostAsync("/v1/events", event1, key: null, ("Authorization", "Bearer sk_demo"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Engine.PostAsync("/v1/events", event1, "sk_demo")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_page_of_an_allowed_origin_may_post_and_read_the_response()
    {
        var allowed = await Engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart()), "pk_shop", ("Origin", "https://shop.example"));
        var bad = await Engine.PostAsync("/v1/events", "{}", "pk_shop", ("Origin", "https://shop.example"));
        var port = await Engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart()), "pk_demo", ("Origin", "http://localhost:5173"));
        var elsewhere = await Engine.PostAsync("/v1/events", EventJson.Of("c"), "pk_shop", ("Origin", "https://evil.example"));

        Assert.That(new[] { allowed, bad, port }.Select(a => a.Headers.GetValueOrDefault("Access-Control-Allow-Origin")),
            Is.EqualTo(new[] { "https://shop.example", "https://shop.example", "http://localhost:5173" }));
        Assert.That(new[] { allowed.Status, bad.Status, port.Status },
            Is.EqualTo(new[] { HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.OK }));
        Assert.That(allowed.Headers["Vary"], Is.EqualTo("Origin"));
        Assert.That(elsewhere.Problem, Is.EqualTo((403, "forbidden_origin")));
        Assert.That(elsewhere.Headers.GetValueOrDefault("Access-Control-Allow-Origin"), Is.EqualTo("https://evil.example"), "the refusal can be read");
        Assert.That(elsewhere.Headers, Does.Not.ContainKey("Access-Control-Allow-Credentials"));
        Assert.That(elsewhere.Headers["Vary"], Is.EqualTo("Origin"));
    }

    [TestCase("/v1/events")]
    [TestCase("/v1/events/batch")]
    public async Task A_preflight_needs_no_key(string path)
    {
        var answer = await Engine.AskAsync(HttpMethod.Options, path, content: null, key: null,
            ("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type,x-api-key,traceparent"));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(answer.Headers["Access-Control-Allow-Origin"], Is.EqualTo("https://shop.example"));
        Assert.That(answer.Headers["Access-Control-Allow-Credentials"], Is.EqualTo("true"));
        Assert.That(answer.Headers["Vary"], Is.EqualTo("Origin"));
        Assert.That(answer.Headers["Access-Control-Allow-Methods"], Does.Contain("POST"));
        Assert.That(answer.Headers["Access-Control-Allow-Headers"], Does.Contain("X-Api-Key").And.Contain("Content-Type").And.Contain("Authorization"));
        foreach (var added in (string[])["traceparent", "tracestate", "baggage", "X-Requested-With"])
        {
            Assert.That(answer.Headers["Access-Control-Allow-Headers"], Does.Contain(added));
        }
    }

    [TestCase("https://shop.example", true)]
    [TestCase("https://evil.example", false)]
    public async Task A_preflight_with_the_key_says_whether_the_page_may(string origin, bool may)
    {
        var answer = await Engine.AskAsync(HttpMethod.Options, "/v1/events?key=pk_shop", content: null, key: null,
            ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type"));
        Assert.That(answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin"), Is.EqualTo(may ? origin : null));
    }

    [TestCase("?key=pk_nobody", "unknown_key")]
    [TestCase("", "missing_key")]
    [TestCase("?key=sk_demo", "secret_key_in_browser")]
    [TestCase("?key=pk_shop&foo=1", "unknown_parameter")]
    public async Task A_page_can_read_what_is_wrong(string query, string code)
    {
        var answer = await Engine.PostAsync($"/v1/events{query}", EventJson.Of("c"), key: null, ("Origin", "https://shop.example"));
        Assert.That(answer.Problem.Code, Is.EqualTo(code));
        Assert.That(answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin"), Is.EqualTo("https://shop.example"));
        Assert.That(answer.Headers.GetValueOrDefault("Access-Control-Allow-Credentials"), Is.EqualTo("true"));
    }

    [TestCase("GET", "/v1/events?key=pk_shop", "application/json", 405)]
    [TestCase("GET", "/v1/events/batch", "application/json", 405)]
    [TestCase("POST", "/v1/events?key=pk_shop", "text/xml", 415)]
    [TestCase("GET", "/ofrep/v1/evaluate/flags/button?key=pk_shop", "application/json", 405)]
    public async Task A_page_can_read_that_a_method_or_content_type_is_wrong(string method, string path, string type, int status)
    {
        using var content = method == "GET" ? null : new StringContent("{}", System.Text.Encoding.UTF8, type);
        var answer = await Engine.AskAsync(new HttpMethod(method), path, content, key: null, ("Origin", "https://shop.example"));
        Assert.That(((int)answer.Status, answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin")), Is.EqualTo((status, "https://shop.example")));
        Assert.That(answer.Headers.GetValueOrDefault("Access-Control-Allow-Credentials"), Is.EqualTo("true"));
        var elsewhere = await Engine.AskAsync(HttpMethod.Delete, "/v1/campaigns", content: null, key: null, ("Origin", "https://shop.example"));
        Assert.That(((int)elsewhere.Status, elsewhere.Headers.ContainsKey("Access-Control-Allow-Origin")), Is.EqualTo((405, false)), "a route that is not for pages");
    }

    [TestCase("{\"events\":[EVENT],\"sentAt\":1}")]
    [TestCase("{\"batch\":[EVENT]}")]
    [TestCase("{\"sentAt\":\"2026-01-01T00:00:00Z\",\"batch\":[EVENT],\"context\":{\"a\":[1]}}")]
    [TestCase("\ufeff[EVENT]")]
    [TestCase("\ufeffEVENT")]
    [TestCase("\ufeff {\"events\": [EVENT]}")]
    public async Task Batches_of_other_tools_and_byte_order_marks_are_taken_at_every_door(string form)
    {
        var cart = EventJson.NewCart();
        var answer = await Engine.PostAsync("/v1/events", form.Replace("EVENT", EventJson.Of(cart), StringComparison.Ordinal));
        Assert.That((answer.Status, answer.Json.GetProperty("accepted").GetInt32()), Is.EqualTo((HttpStatusCode.OK, 1)), answer.Body);
        foreach (var via in (StreamTransport[])[StreamTransport.WebSocket, StreamTransport.HttpUpgrade, StreamTransport.Tcp])
        {
            using var stream = await StreamClient.OpenAsync(Engine, via);
            await stream.SendAsync(form.Replace("EVENT", EventJson.Of(cart), StringComparison.Ordinal));
            await stream.UntilAckAsync(1);
        }

        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(4));
    }

    [Test]
    public async Task A_TCP_client_may_begin_with_a_byte_order_mark()
    {
        using var raw = await RawClient.ConnectAsync(Engine.Stream);
        var cart = EventJson.NewCart();
        await raw.SendAsync($"\ufeff{{\"key\":\"sk_demo\"}}\n{EventJson.Of(cart)}\n");
        Assert.That(await raw.ReadLineAsync(), Does.Contain("\"ack\""));
        Assert.That(await Engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task The_answer_says_how_many_events_were_duplicates()
    {
        var (first, second, third) = (EventJson.Of(EventJson.NewCart()), EventJson.Of(EventJson.NewCart()), EventJson.Of(EventJson.NewCart()));
        Assert.That(Of(await Engine.PostAsync("/v1/events", EventJson.Array(first, second, first))), Is.EqualTo((3, 1)));
        Assert.That(Of(await Engine.PostAsync("/v1/events", EventJson.Array(first, second, third))), Is.EqualTo((3, 2)));
        Assert.That(Of(await Engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart()))), Is.EqualTo((1, 0)));

        static (int, int) Of(ApiAnswer answer) => (answer.Json.GetProperty("accepted").GetInt32(), answer.Json.GetProperty("duplicates").GetInt32());
    }

    [Test]
    public async Task A_clamped_time_is_a_warning_and_is_counted()
    {
        var before = Engine.Host.Counters.Clamped;
        var late = TimeProvider.System.GetUtcNow().AddHours(-30).ToUnixTimeMilliseconds();
        var answer = await Engine.PostAsync("/v1/events", $$"""{"id":"clamped-1","type":"page_view","cartId":"clamped","ts":{{late}}}""");
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK));
        var warning = answer.Json.GetProperty("warnings")[0];
        Assert.That((warning.GetProperty("code").GetString(), warning.GetProperty("count").GetInt32()), Is.EqualTo(("timestamp_clamped", 1)));
        Assert.That(Engine.Host.Counters.Clamped, Is.EqualTo(before + 1));
        Assert.That((await Engine.PostAsync("/v1/events", EventJson.Of("c"))).Json.TryGetProperty("warnings", out _), Is.False);
    }

    [TestCase("1795940644", "seconds", "1795940644000")]
    [TestCase("1795940644.5", "seconds", "1795940644500")]
    [TestCase("1795940644000000", "microseconds", "1795940644000")]
    [TestCase("1795940644000000000", "nanoseconds", "1795940644000")]
    public async Task A_time_in_another_unit_is_refused_with_the_guess_at_every_door(string ts, string unit, string milliseconds)
    {
        var json = $$"""{"id":"unit","type":"page_view","cartId":"unit","ts":{{ts}}}""";
        var answer = await Engine.PostAsync("/v1/events", json);
        Assert.That(answer.Problem, Is.EqualTo((400, "invalid_timestamp")));
        Assert.That(answer.Json.GetProperty("detail").GetString(), Does.Contain(unit).And.Contain(milliseconds));
        var listed = await Engine.PostAsync("/v1/events", EventJson.Array(json, EventJson.Of("c")));
        Assert.That(listed.Json.GetProperty("errors")[0].GetProperty("message").GetString(), Does.Contain(milliseconds));
        foreach (var via in Enum.GetValues<StreamTransport>())
        {
            using var stream = await StreamClient.OpenAsync(Engine, via);
            await stream.SendAsync(json);
            var error = (await stream.UntilAckAsync(1)).Single(message => message.Type == "error");
            Assert.That(error.Json, Does.Contain("invalid_timestamp").And.Contain(milliseconds), $"{via}");
        }
    }

    [TestCase("""{"granted":true}""", "missing_field")]
    [TestCase("""{"channel":"email","granted":"perhaps"}""", "wrong_type")]
    [TestCase("""{"channel":"email","granted":true,"expiresAt":1795940644}""", "invalid_timestamp")]
    public async Task A_consent_without_effect_is_refused(string meta, string code) =>
        Assert.That((await Engine.PostAsync("/v1/events", EventJson.Of("c", "consent", $",\"meta\":{meta}"))).Problem, Is.EqualTo((400, code)));

    [Test]
    public async Task Stats_match_the_counts()
    {
        await Engine.PostAsync("/v1/events", EventJson.Array(EventJson.Of("c"), "{}"));
        var stats = (await Engine.GetAsync("/v1/events/stats")).Json;
        var counts = Engine.Counts;

        Assert.That(stats.GetProperty("received").GetProperty("total").GetInt64(), Is.EqualTo(counts.Received));
        Assert.That(stats.GetProperty("received").GetProperty("http").GetInt64(), Is.EqualTo(Engine.Host.Counters.ReceivedBy(Protocol.Http)).And.Positive);
        Assert.That(stats.GetProperty("processed").GetInt64(), Is.EqualTo(counts.Processed));
        Assert.That(stats.GetProperty("rejected").EnumerateObject().Sum(code => code.Value.GetInt64()), Is.EqualTo(counts.Rejected));
        Assert.That(stats.GetProperty("rejected").GetProperty("missing_field").GetInt64(), Is.Positive);
        Assert.That(stats.GetProperty("carts").GetInt64(), Is.Positive);
        Assert.That(stats.GetProperty("connections").GetInt64(), Is.Zero);
        Assert.That((await Engine.GetAsync("/v1/events/stats", "pk_demo")).Problem, Is.EqualTo((403, "secret_key_required")));
    }
}
