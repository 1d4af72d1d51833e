using System.Net;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Experiments over HTTP: their flag assigns, orders count for who was in them, and weights move nobody.</summary>
[TestFixture]
sealed class ExperimentsApiTests
{
    const string AB = """
        "type":"string","visibleToClients":true,"variants":[{"name":"a","value":"A","weight":1},{"name":"b","value":"B","weight":1}]
        """;

    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await InProcessEngine.StartAsync(config =>
    {
        var campaign = InProcessEngine.Answering("coupon_denied");
        campaign.Name = "split";
        campaign.Action = null;
        campaign.Message = null;
        campaign.Variants =
        [
            new VariantConfig { Name = "offer", Weight = 1, Steps = [new StepConfig { Channel = "socket", Action = new ActionConfig { Type = ActionKind.Reminder }, Message = "Hello" }] },
            new VariantConfig { Name = "nothing", Weight = 1 },
        ];
        config.Decisions.Campaigns.Add(campaign);
    });

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task A_subject_keeps_the_variant_and_later_orders_count_for_it()
    {
        var started = await _engine.PostAsync("/v1/experiments", $$"""{"key":"checkout",{{AB}}}""");
        Assert.That(started.Status, Is.EqualTo(HttpStatusCode.Created), started.Body);
        var users = Enumerable.Range(0, 60).Select(i => $"user-{i}-{EventJson.NewCart()}").ToArray();
        var early = EventJson.NewCart();
        await OrderAsync(early, users[0], "o-early", 5);
        var before = users.ToDictionary(user => user, user => VariantOf("checkout", user));
        Assert.That(before.Values.Distinct(), Is.EquivalentTo(new[] { "a", "b" }));

        var (inA, inB) = (users.First(user => before[user] == "a"), users.First(user => before[user] == "b"));
        await OrderAsync(EventJson.NewCart(), inA, "o-a", 40);
        await OrderAsync(EventJson.NewCart(), inB, "o-b", 100);
        await OrderAsync(EventJson.NewCart(), inB, "o-b2", 7);
        await _engine.PostAsync("/v1/events", EventJson.Of(EventJson.NewCart(), "refund", $$""","userId":"{{inB}}","orderId":"o-b","value":30"""));
        await OrderAsync(EventJson.NewCart(), "somebody else", "o-else", 1000);

        var shown = (await _engine.GetAsync("/v1/experiments/checkout")).Json;
        Assert.That(Results(shown), Is.EqualTo($"a {before.Values.Count(variant => variant == "a")} 1 40, b {before.Values.Count(variant => variant == "b")} 1 77"));
        var difference = shown.GetProperty("variants")[1].GetProperty("revenueDifference");
        Assert.That(difference.GetProperty("estimate").GetDouble(), Is.EqualTo((77.0 / before.Values.Count(variant => variant == "b")) - (40.0 / before.Values.Count(variant => variant == "a"))).Within(1e-9));
        Assert.That(difference.GetProperty("low").GetDouble(), Is.LessThan(difference.GetProperty("estimate").GetDouble()));
        Assert.That(shown.GetProperty("variants")[0].GetProperty("revenueDifference").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(shown.GetProperty("sampleRatioMismatch").GetBoolean(), Is.False);
        Assert.That((await _engine.GetAsync("/v1/conversions")).Body, Does.Not.Contain("\"value\":40"), "no campaign contacted them");

        using var weights = new StringContent("""{"weights":{"a":0,"b":1}}""", System.Text.Encoding.UTF8, "application/json");
        Assert.That((await _engine.AskAsync(HttpMethod.Patch, "/v1/experiments/checkout", weights, InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(users.ToDictionary(user => user, user => VariantOf("checkout", user)), Is.EqualTo(before));
        Assert.That(Enumerable.Range(0, 10).Select(i => VariantOf("checkout", $"new-{i}")), Is.All.EqualTo("b"));

        Assert.That((await _engine.AskAsync(HttpMethod.Delete, "/v1/experiments/checkout", content: null, InProcessEngine.Secret)).Problem, Is.EqualTo((409, "experiment_unchangeable")));
        var ended = await _engine.PostAsync("/v1/experiments/checkout/end", """{"winner":"a"}""");
        Assert.That((ended.Json.GetProperty("state").GetString(), ended.Json.GetProperty("winner").GetString()), Is.EqualTo(("ended", "a")));
        Assert.That(VariantOf("checkout", inB), Is.EqualTo("a"), "everybody gets the winner");
        Assert.That((await _engine.AskAsync(HttpMethod.Delete, "/v1/experiments/checkout", content: null, InProcessEngine.Secret)).Status, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await _engine.GetAsync("/v1/experiments/checkout")).Problem, Is.EqualTo((404, "experiment_not_found")));
    }

    [Test]
    public async Task A_cart_before_it_signs_in_is_known_by_its_id()
    {
        await _engine.PostAsync("/v1/experiments", $$"""{"key":"guests",{{AB}}}""");
        var cart = EventJson.NewCart();
        var variant = VariantOf("guests", cart);
        Assert.That((await _engine.GetAsync("/v1/experiments/guests")).Json.GetProperty("variants").EnumerateArray().Sum(one => one.GetProperty("exposed").GetInt64()), Is.EqualTo(1));
        await OrderAsync(cart, null, "o-guest", 12.5m);
        Assert.That(Results((await _engine.GetAsync("/v1/experiments/guests")).Json), Does.Contain($"{variant} 1 1 12.5"));
    }

    [Test]
    public async Task Evaluating_all_flags_at_once_exposes_nobody_and_evaluating_the_flag_does()
    {
        await _engine.PostAsync("/v1/experiments", $$"""{"key":"polled",{{AB}}}""");
        string[] visitors = [.. Enumerable.Range(0, 20).Select(i => $"visitor-{i}")];
        var polled = visitors.Select(visitor => _engine.PostAsync("/ofrep/v1/evaluate/flags", $$$"""{"context":{"targetingKey":"{{{visitor}}}"}}""", InProcessEngine.Publishable)
            .GetAwaiter().GetResult().Json.GetProperty("flags").EnumerateArray().Single(flag => flag.GetProperty("key").GetString() == "polled").GetProperty("variant").GetString()).ToArray();
        Assert.That(await ExposedAsync(), Is.Zero);
        Assert.That(polled.Distinct().ToArray(), Has.Length.EqualTo(2), "they have their variants");

        Assert.That(visitors.Take(3).Select(visitor => VariantOf("polled", visitor)), Is.EqualTo(polled.Take(3)), "which stay when they are shown");
        Assert.That(await ExposedAsync(), Is.EqualTo(3));

        async Task<long> ExposedAsync() =>
            (await _engine.GetAsync("/v1/experiments/polled")).Json.GetProperty("variants").EnumerateArray().Sum(one => one.GetProperty("exposed").GetInt64());
    }

    [Test]
    public async Task Non_participants_get_the_control_and_are_not_counted()
    {
        await _engine.PostAsync("/v1/experiments", $$"""{"key":"gold","conditions":[{"attribute":"plan","equals":"gold"}],{{AB}}}""");
        var others = await _engine.PostAsync("/ofrep/v1/evaluate/flags/gold", """{"context":{"targetingKey":"zoe"}}""", InProcessEngine.Publishable);
        Assert.That((others.Json.GetProperty("variant").GetString(), others.Json.GetProperty("reason").GetString()), Is.EqualTo(("a", "DEFAULT")));
        var gold = await _engine.PostAsync("/ofrep/v1/evaluate/flags/gold", """{"context":{"targetingKey":"zoe","plan":"gold"}}""", InProcessEngine.Publishable);
        Assert.That((gold.Json.GetProperty("reason").GetString(), gold.Json.GetProperty("metadata").GetProperty("experiment").GetString()), Is.EqualTo(("SPLIT", "gold")));
        var later = await _engine.PostAsync("/ofrep/v1/evaluate/flags/gold", """{"context":{"targetingKey":"zoe"}}""", InProcessEngine.Publishable);
        Assert.That((later.Json.GetProperty("variant").GetString(), later.Json.GetProperty("reason").GetString()),
            Is.EqualTo((gold.Json.GetProperty("variant").GetString(), "SPLIT")), "who took part stays, also when the conditions do not hold any more");
        var nobody = await _engine.PostAsync("/ofrep/v1/evaluate/flags/gold", """{"context":{"plan":"gold"}}""", InProcessEngine.Publishable);
        Assert.That(nobody.Json.GetProperty("errorCode").GetString(), Is.EqualTo("TARGETING_KEY_MISSING"));
        var placeholder = await _engine.PostAsync("/ofrep/v1/evaluate/flags/gold", """{"context":{"targetingKey":"undefined","plan":"gold"}}""", InProcessEngine.Publishable);
        Assert.That(placeholder.Json.GetProperty("errorCode").GetString(), Is.EqualTo("TARGETING_KEY_MISSING"), "one subject for everybody");
        Assert.That((await _engine.GetAsync("/v1/experiments/gold")).Json.GetProperty("variants").EnumerateArray().Sum(one => one.GetProperty("exposed").GetInt64()), Is.EqualTo(1));
    }

    [Test]
    public async Task Experiments_of_campaigns_are_in_the_list_and_cannot_be_changed()
    {
        await _engine.PostAsync("/v1/events", EventJson.Array(Enumerable.Range(0, 40).Select(_ => EventJson.Of(EventJson.NewCart(), "coupon_denied"))));
        var split = (await _engine.GetAsync("/v1/experiments")).Json.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("key").GetString() == "split");
        Assert.That((split.GetProperty("managedBy").GetString(), split.GetProperty("control").GetString()), Is.EqualTo(("file", "nothing")));
        Assert.That(split.GetProperty("variants").EnumerateArray().Select(one => one.GetProperty("exposed").GetInt64()), Is.All.Positive);
        Assert.That(split.GetProperty("variants").EnumerateArray().Sum(one => one.GetProperty("exposed").GetInt64()), Is.EqualTo(40));
        Assert.That((await _engine.PostAsync("/v1/experiments/split/end", "{}")).Problem, Is.EqualTo((409, "managed_by_file")));
        Assert.That((await _engine.PostAsync("/v1/experiments/nowhere/end", "{}")).Problem, Is.EqualTo((404, "experiment_not_found")));
    }

    [TestCase("""{"key":"a b","type":"string","variants":[{"name":"a","value":"A"},{"name":"b","value":"B"}]}""", "key: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A"}]}""", "variants: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A"},{"name":"a","value":"B"}]}""", "variants: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A"},{"value":"B"}]}""", "variants: ")]
    [TestCase("""{"key":"x","type":"number","variants":[{"name":"a","value":1},{"name":"b","value":"B"}]}""", "variants.b: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A","weight":0},{"name":"b","value":"B","weight":0}]}""", "weights: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A","weight":-1},{"name":"b","value":"B"}]}""", "weights: ")]
    [TestCase("""{"key":"x","type":"string","variants":[{"name":"a","value":"A"},{"name":"b","value":"B"}],"conditions":[{"attribute":"a"}]}""", "conditions[0]: ")]
    public async Task A_wrong_body_is_refused_and_names_the_field(string body, string detail)
    {
        var refused = await _engine.PostAsync("/v1/experiments", body);
        Assert.That(refused.Problem, Is.EqualTo((400, "invalid_experiment")));
        Assert.That(refused.Json.GetProperty("detail").GetString(), Does.StartWith(detail));
    }

    string VariantOf(string experiment, string key) => _engine.PostAsync($"/ofrep/v1/evaluate/flags/{experiment}", $$$"""{"context":{"targetingKey":"{{{key}}}"}}""", InProcessEngine.Publishable)
        .GetAwaiter().GetResult().Json.GetProperty("variant").GetString()!;

    // Exposures of before the order are written first, as they are after a tenth of a second.
    async Task OrderAsync(string cart, string? user, string order, decimal value)
    {
        while (await _engine.Host.Exposures.FlushAsync())
        {
        }

        await _engine.PostAsync("/v1/events", string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{{\"id\":\"{order}\",\"type\":\"purchase\",\"cartId\":\"{cart}\",\"orderId\":\"{order}\",\"value\":{value},\"ts\":{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}{(user is null ? "" : $",\"userId\":\"{user}\"")}}}"));
    }

    static string Results(JsonElement experiment) => string.Join(", ", experiment.GetProperty("variants").EnumerateArray().Select(one => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{one.GetProperty("name").GetString()} {one.GetProperty("exposed").GetInt64()} {one.GetProperty("converted").GetInt64()} {one.GetProperty("revenue").GetDouble()}")));
}
