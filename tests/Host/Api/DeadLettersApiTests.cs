using System.Net;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

[TestFixture]
sealed class DeadLettersApiTests
{
    InProcessEngine _engine = null!;

    [SetUp]
    public async Task StartAsync() => _engine = await InProcessEngine.StartAsync(config => config.Stores.Add(new StoreConfig
    {
        Id = "other",
        Keys = [InProcessEngine.Key("sk_other", KeyKind.Secret)],
    }));

    [TearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task Only_the_invalid_event_of_a_batch_is_kept_with_its_reason()
    {
        var bad = EventJson.Of("c1", more: ",\"price\":\"5\"");
        await TakeAsync(1, EventJson.Array(EventJson.Of("c1"), bad, EventJson.Of("c1")));

        var letter = (await ListAsync()).Single();
        Assert.That(letter.GetProperty("id").GetInt64(), Is.EqualTo(1));
        Assert.That(new[] { "code", "storeId", "protocol", "state", "preview" }.Select(name => letter.GetProperty(name).GetString()),
            Is.EqualTo(new[] { "wrong_type", "demo", "http", "waiting", bad }));
        var whole = (await _engine.GetAsync("/v1/deadletters/1")).Json;
        Assert.That(whole.GetProperty("event").GetString(), Is.EqualTo(bad));
        Assert.That(whole.GetProperty("verified").GetBoolean(), Is.True);
    }

    [TestCase("[1,{\"id\":},2]", "1", "{\"id\":},2]", TestName = "From the first invalid byte of a message")]
    [TestCase("[{}  oops, {}]", "{}", "oops, {}]", TestName = "From a missing comma")]
    [TestCase("{} {}", "{} {}", TestName = "Trailing content")]
    [TestCase("hello", "hello", TestName = "Not JSON")]
    public async Task Only_the_unreadable_part_of_malformed_JSON_is_kept(string message, params string[] kept)
    {
        await TakeAsync(kept.Length, message);
        var letters = await ListAsync();
        Assert.That(letters.Select(l => l.GetProperty("preview").GetString()), Is.EqualTo(kept));
    }

    [Test]
    public async Task Binary_bytes_are_returned_as_base64()
    {
        byte[] bytes = [(byte)'{', 0xff, 0x00];
        await _engine.PostAsync("/v1/events", bytes);
        await WaitForAsync(1);
        var whole = (await _engine.GetAsync("/v1/deadletters/1")).Json;
        Assert.That(whole.GetProperty("eventBase64").GetBytesFromBase64(), Is.EqualTo(bytes));
        Assert.That(whole.GetProperty("code").GetString(), Is.EqualTo("invalid_utf8"));
    }

    [Test]
    public async Task A_list_is_filtered_by_code_and_state_and_paged()
    {
        await TakeAsync(5, "[{},{},5,{},{}]");

        var first = (await _engine.GetAsync("/v1/deadletters?limit=2&code=missing_field")).Json;
        var second = (await _engine.GetAsync($"/v1/deadletters?limit=2&code=missing_field&cursor={first.GetProperty("next").GetString()}")).Json;
        Assert.That(Ids(first), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(Ids(second), Is.EqualTo(new[] { 4, 5 }));
        Assert.That(second.GetProperty("next").ValueKind, Is.EqualTo(JsonValueKind.Null));
        await _engine.PostAsync("/v1/deadletters/drop", "{\"ids\":[3]}");
        Assert.That(Ids((await _engine.GetAsync("/v1/deadletters")).Json), Is.EqualTo(new[] { 1, 2, 4, 5 }));
        Assert.That(Ids((await _engine.GetAsync("/v1/deadletters?state=dropped")).Json), Is.EqualTo(new[] { 3 }));
        Assert.That(Ids((await _engine.GetAsync("/v1/deadletters?state=all")).Json), Is.EqualTo(new[] { 1, 2, 3, 4, 5 }));
    }

    [Test]
    public async Task A_repair_is_a_dry_run()
    {
        var cart = EventJson.NewCart();
        await TakeAsync(2, EventJson.Array(EventJson.Of(cart, more: ",\"price\":\"5\""), "{}"));

        var good = (await _engine.GetAsync("/v1/deadletters/1/repair")).Json;
        var change = good.GetProperty("changes").EnumerateArray().Single();
        Assert.That((good.GetProperty("repairable").GetBoolean(), change.GetProperty("path").GetString(), change.GetProperty("rule").GetString()),
            Is.EqualTo((true, "price", "number in quotes")));
        Assert.That((change.GetProperty("before").GetString(), change.GetProperty("after").GetString()), Is.EqualTo(("\"price\":\"5\"", "\"price\":5")));
        Assert.That(good.GetProperty("event").GetProperty("price").GetInt32(), Is.EqualTo(5));
        var bad = (await _engine.GetAsync("/v1/deadletters/2/repair")).Json;
        Assert.That((bad.GetProperty("repairable").GetBoolean(), bad.GetProperty("code").GetString()), Is.EqualTo((false, "missing_field")));
        Assert.That(await _engine.EventsOfAsync(cart), Is.Zero);
        Assert.That(await ListAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_replay_submits_repairable_letters_once()
    {
        var cart = EventJson.NewCart();
        await TakeAsync(3, EventJson.Array(EventJson.Of(cart, more: ",\"price\":\"5\""), "{}", EventJson.Of(cart, "Product Added")));

        var first = (await _engine.PostAsync("/v1/deadletters/replay", "{\"all\":true}")).Json;
        var again = (await _engine.PostAsync("/v1/deadletters/replay", "{\"ids\":[1,2,3,99]}")).Json;

        Assert.That(Outcomes(first), Is.EqualTo(new[] { "1 replayed", "2 not_repairable", "3 replayed" }));
        Assert.That(Outcomes(again), Is.EqualTo(new[] { "1 already_replayed", "2 not_repairable", "3 already_replayed", "99 not_found" }));
        Assert.That((first.GetProperty("replayed").GetInt32(), again.GetProperty("replayed").GetInt32(), again.GetProperty("skipped").GetInt32(),
            again.GetProperty("failed").GetInt32()), Is.EqualTo((2, 0, 2, 2)));
        Assert.That(await _engine.EventsOfAsync(cart), Is.EqualTo(2));
        var metrics = (await _engine.GetAsync("/metrics")).Body;
        Assert.That(metrics, Does.Contain("cartrecovery_deadletters_replayed_total 2\n"));
        Assert.That(metrics, Does.Contain("cartrecovery_deadletters_stored{state=\"waiting\"} 1\n"));
        Assert.That(metrics, Does.Contain("cartrecovery_deadletters_stored{state=\"replayed\"} 2\n"));
        Assert.That(metrics, Does.Contain("cartrecovery_deadletters_total{code=\"wrong_type\"} 1\n"));
        Assert.That(metrics, Does.Match("cartrecovery_deadletters_bytes [1-9]"));
        Assert.That(metrics, Does.Contain("cartrecovery_queue_dropped_total{queue=\"deadletters\"} 0\n"));
        Assert.That(metrics, Does.Contain("cartrecovery_queue_depth{queue=\"deadletters\"} 0\n"));
    }

    [Test]
    public async Task Concurrent_replays_submit_a_letter_once()
    {
        var cart = EventJson.NewCart();
        await TakeAsync(200, EventJson.Array(Enumerable.Range(0, 200).Select(_ => EventJson.Of(cart, more: ",\"price\":\"5\""))));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _engine.PostAsync("/v1/deadletters/replay", "{\"all\":true}")));

        Assert.That(answers.Sum(a => a.Json.GetProperty("replayed").GetInt32()), Is.EqualTo(200));
        Assert.That(await _engine.EventsOfAsync(cart), Is.EqualTo(200));
    }

    [Test]
    public async Task A_letter_may_be_replayed_with_a_replacement_event()
    {
        var cart = EventJson.NewCart();
        await TakeAsync(1, "{\"broken\":");

        var answer = (await _engine.PostAsync("/v1/deadletters/replay", $"{{\"ids\":[1],\"event\":{EventJson.Of(cart)}}}")).Json;

        Assert.That(Outcomes(answer), Is.EqualTo(new[] { "1 replayed" }));
        Assert.That(await _engine.EventsOfAsync(cart), Is.EqualTo(1));
    }

    [Test]
    public async Task A_batch_over_the_limit_is_replayed_completely()
    {
        await using var small = await InProcessEngine.StartAsync(config => config.Limits.Batch = 3);
        var cart = EventJson.NewCart();
        await small.PostAsync("/v1/events", EventJson.Array(EventJson.Many(cart, 1000)));
        await Eventually.Is(() => small.Host.DeadLetters.Count(DeadLetterState.Waiting) == 1, "the batch is kept");

        var answer = (await small.PostAsync("/v1/deadletters/replay", "{\"ids\":[1]}")).Json;

        Assert.That(Outcomes(answer), Is.EqualTo(new[] { "1 replayed" }));
        Assert.That(await small.EventsOfAsync(cart), Is.EqualTo(1000));
    }

    [Test]
    public async Task Dropped_letters_are_not_replayed()
    {
        await TakeAsync(3, EventJson.Array(Enumerable.Range(0, 3).Select(_ => EventJson.Of("c", more: ",\"price\":\"5\""))));
        var deleted = await _engine.AskAsync(HttpMethod.Delete, "/v1/deadletters/2", content: null, InProcessEngine.Secret);

        var answer = (await _engine.PostAsync("/v1/deadletters/replay", "{\"ids\":[2]}")).Json;
        var dropped = (await _engine.PostAsync("/v1/deadletters/drop", "{\"all\":true,\"code\":\"wrong_type\",\"limit\":1}")).Json;

        Assert.That(deleted.Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Outcomes(answer), Is.EqualTo(new[] { "2 dropped" }));
        Assert.That(dropped.GetProperty("dropped").GetInt32(), Is.EqualTo(1));
        Assert.That((await ListAsync()).Select(l => l.GetProperty("id").GetInt64()), Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public async Task A_secret_key_sees_only_its_stores_letters_and_a_publishable_key_none()
    {
        await TakeAsync(1, "{}");

        Assert.That((await _engine.GetAsync("/v1/deadletters", "sk_other")).Json.GetProperty("items").GetArrayLength(), Is.Zero);
        Assert.That((await _engine.GetAsync("/v1/deadletters/1", "sk_other")).Problem, Is.EqualTo((404, "deadletter_not_found")));
        Assert.That(Outcomes((await _engine.PostAsync("/v1/deadletters/replay", "{\"ids\":[1]}", "sk_other")).Json), Is.EqualTo(new[] { "1 not_found" }));
        Assert.That((await _engine.PostAsync("/v1/deadletters/drop", "{\"all\":true}", "sk_other")).Json.GetProperty("dropped").GetInt32(), Is.Zero);
        foreach (var path in new[] { "/v1/deadletters", "/v1/deadletters/1", "/v1/deadletters/1/repair" })
        {
            Assert.That((await _engine.GetAsync(path, InProcessEngine.Publishable)).Problem, Is.EqualTo((403, "secret_key_required")));
        }

        Assert.That((await _engine.PostAsync("/v1/deadletters/replay", "{\"all\":true}", InProcessEngine.Publishable)).Problem, Is.EqualTo((403, "secret_key_required")));
        Assert.That(await ListAsync(), Has.Count.EqualTo(1));
    }

    [TestCase("", "invalid_json")]
    [TestCase("[]", "invalid_selection")]
    [TestCase("{}", "invalid_selection")]
    [TestCase("{\"all\":false}", "invalid_selection")]
    [TestCase("{\"ids\":[]}", "invalid_selection")]
    [TestCase("{\"ids\":[1.5]}", "invalid_selection")]
    [TestCase("{\"ids\":[1],\"all\":true}", "invalid_selection")]
    [TestCase("{\"all\":true,\"limit\":0}", "invalid_selection")]
    [TestCase("{\"all\":true,\"cod\":\"x\"}", "invalid_selection")]
    [TestCase("{\"all\":true,\"event\":{}}", "invalid_selection")]
    [TestCase("{\"all\":true,\"code\":\"\\ud83d\"}", "invalid_utf8")]
    public async Task An_invalid_selection_is_a_problem(string body, string code) =>
        Assert.That((await _engine.PostAsync("/v1/deadletters/replay", body)).Problem, Is.EqualTo((400, code)));

    [TestCase("/v1/deadletters?limit=0", 400, "out_of_range")]
    [TestCase("/v1/deadletters?cursor=x", 400, "out_of_range")]
    [TestCase("/v1/deadletters?after=7", 400, "unknown_parameter")]
    [TestCase("/v1/deadletters?state=lost", 400, "out_of_range")]
    [TestCase("/v1/deadletters/7", 404, "deadletter_not_found")]
    [TestCase("/v1/deadletters/-7", 404, "deadletter_not_found")]
    [TestCase("/v1/deadletters/x", 404, "not_found")]
    public async Task An_invalid_query_is_a_problem(string path, int status, string code) =>
        Assert.That((await _engine.GetAsync(path)).Problem, Is.EqualTo((status, code)));

    async Task TakeAsync(int letters, string message)
    {
        await _engine.PostAsync("/v1/events", message);
        await WaitForAsync(letters);
    }

    Task WaitForAsync(int letters) =>
        Eventually.Is(() => _engine.Host.DeadLetters.Count(DeadLetterState.Waiting) == letters, $"{letters} letters are kept");

    async Task<List<JsonElement>> ListAsync() => [.. (await _engine.GetAsync("/v1/deadletters?limit=1000")).Json.GetProperty("items").EnumerateArray()];

    static long[] Ids(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(l => l.GetProperty("id").GetInt64())];

    static string[] Outcomes(JsonElement answer) =>
        [.. answer.GetProperty("letters").EnumerateArray().Select(l => $"{l.GetProperty("id").GetInt64()} {l.GetProperty("outcome").GetString()}")];
}
