using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>What a marketer looks up: campaigns, carts, customers, products and suppressions.</summary>
[TestFixture]
sealed class ListsApiTests
{
    InProcessEngine _engine = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var series = InProcessEngine.Answering("begin_checkout");
            (series.Action, series.Channel, series.Message) = (null, null, null);
            series.Steps =
            [
                new StepConfig
                {
                    // Nobody has a stream here: such an offer waits for as long as it is of use.
                    Channel = "socket", Message = "first", UsefulFor = Duration.FromMilliseconds(1), Action = new ActionConfig { Type = ActionKind.Reminder },
                },
                new StepConfig
                {
                    Channel = "socket", Message = "second", Wait = Duration.FromHours(1),
                    Choices = [new ActionConfig { Type = ActionKind.Reminder }, new ActionConfig { Type = ActionKind.Discount, Percent = 10 }],
                },
            ];
            config.Decisions.Campaigns.Add(series);
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("coupon_denied"));
            config.Decisions.Campaigns[1].PausedIn = ["demo"];
            config.Decisions.Window = Duration.FromMilliseconds(0);
        });
        await SendAsync(
            EventJson.Of("c1", "add_to_cart", ",\"productId\":\"p1\",\"price\":40,\"userId\":\"jo\""),
            EventJson.Of("c1", "begin_checkout", ",\"userId\":\"jo\""),
            EventJson.Of("c2", "add_to_cart", ",\"productId\":\"p1\",\"price\":4"),
            EventJson.Of("c2", "begin_checkout"),
            EventJson.Of("c3", "add_to_cart", ",\"productId\":\"p1\",\"price\":70,\"userId\":\"a/b c\""),
            EventJson.Of("c3", "begin_checkout", ",\"userId\":\"a/b c\""),
            EventJson.Of("c4", "add_to_cart", ",\"productId\":\"p1\",\"price\":70"),
            EventJson.Of("c1", "identify", ",\"userId\":\"jo\",\"meta\":{\"email\":\"jo@shop.example\",\"phone\":\"+31612345678\"}"),
            EventJson.Of("c1", "consent", ",\"userId\":\"jo\",\"meta\":{\"channel\":\"email\",\"granted\":true}"));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [Test]
    public async Task Campaigns_are_listed_with_their_series()
    {
        var all = await ItemsAsync("/v1/campaigns");

        Assert.That(all.Select(c => (Text(c, "name"), Text(c, "state"), Text(c, "pausedBy"))),
            Is.EqualTo(new[] { ("on-begin_checkout", "active", null), ("on-coupon_denied", "paused", "configuration") }));
        var steps = all[0].GetProperty("variants")[0].GetProperty("steps");
        Assert.That(steps[1].GetProperty("waitSeconds").GetDouble(), Is.EqualTo(3600));
        Assert.That(steps[1].GetProperty("offers").EnumerateArray().Select(offer => offer.GetString()), Is.EqualTo(new[] { "reminder", "discount-10" }));
        Assert.That((await ItemsAsync("/v1/campaigns?state=paused")).Select(c => Text(c, "name")), Is.EqualTo(new[] { "on-coupon_denied" }));
        Assert.That((await _engine.PostAsync("/v1/campaigns/on-coupon_denied/resume", "")).Problem, Is.EqualTo((409, "paused_in_configuration")));
        Assert.That((await _engine.PostAsync("/v1/campaigns/nothing/pause", "")).Problem, Is.EqualTo((404, "campaign_unknown")));
    }

    [Test]
    public async Task A_paused_campaign_answers_no_event_until_it_is_resumed()
    {
        var paused = await _engine.PostAsync("/v1/campaigns/on-begin_checkout/pause", "");
        await SendAsync(EventJson.Of("paused", "begin_checkout"));
        var during = await ItemsAsync("/v1/interventions?cartId=paused");
        var resumed = await _engine.PostAsync("/v1/campaigns/on-begin_checkout/resume", "");
        await SendAsync(EventJson.Of("paused", "begin_checkout"));

        Assert.That((Text(paused.Json, "state"), Text(paused.Json, "pausedBy"), Text(resumed.Json, "state")), Is.EqualTo(("paused", "api", "active")));
        Assert.That(during, Is.Empty);
        Assert.That(await ItemsAsync("/v1/interventions?cartId=paused"), Is.Not.Empty);
    }

    [Test]
    public async Task Carts_have_their_state_and_value_of_now()
    {
        var all = (await ItemsAsync("/v1/carts")).Where(cart => Text(cart, "cartId")!.Length == 2).ToArray();

        Assert.That(all.Select(cart => (Text(cart, "cartId"), Text(cart, "userId"), cart.GetProperty("value").GetDecimal(), Text(cart, "campaign"))), Is.EqualTo(new[]
        {
            ("c3", "a/b c", 70m, "on-begin_checkout"), ("c2", null, 4m, "on-begin_checkout"), ("c1", "jo", 40m, "on-begin_checkout"),
        }));
        Assert.That((await ItemsAsync("/v1/carts?minValue=50")).Select(cart => Text(cart, "cartId")), Is.EqualTo(new[] { "c3" }));
        Assert.That((await ItemsAsync("/v1/carts?userId=jo")).Select(cart => Text(cart, "cartId")), Is.EqualTo(new[] { "c1" }));
        Assert.That(await ItemsAsync("/v1/carts?campaign=on-coupon_denied"), Is.Empty);
        Assert.That(await ItemsAsync("/v1/carts?state=purchased"), Is.Empty);
        Assert.That((await _engine.GetAsync("/v1/carts?minValue=-1")).Problem, Is.EqualTo((400, "out_of_range")));
        foreach (var cart in all)
        {
            Assert.That(Text(cart, "state"), Is.EqualTo(Text((await _engine.GetAsync($"/v1/carts/{Text(cart, "cartId")}")).Json, "state")), "as the cart itself says");
        }
    }

    [Test]
    public async Task The_pages_of_each_list_cover_it_completely()
    {
        await _engine.PostAsync("/v1/products", """[{"id":"a1"},{"id":"a2"},{"id":"a3"},{"id":"ä/4"}]""");
        await SendAsync(EventJson.Of("c4", "cart_updated", ",\"items\":[{\"id\":\"a2\",\"variant\":\"1:red\",\"price\":1},{\"id\":\"a2\",\"variant\":\"blue\",\"price\":1},{\"id\":\"a\\n1\",\"price\":1}]"));
        await _engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"x@shop.example"}""");
        await _engine.PostAsync("/v1/suppressions", """{"channel":"sms","address":"+31687654321"}""");
        foreach (var list in new[] { "/v1/campaigns", "/v1/carts", "/v1/customers", "/v1/customers/jo/timeline", "/v1/products", "/v1/suppressions" })
        {
            var whole = (await ItemsAsync($"{list}?limit=1000")).Select(item => item.GetRawText()).ToArray();
            var paged = new List<string>();
            string? cursor = null;
            do
            {
                var page = (await _engine.GetAsync($"{list}?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}")).Json;
                paged.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetRawText()));
                cursor = page.GetProperty("next").GetString();
            }
            while (cursor is not null && paged.Count <= whole.Length);

            Assert.That(whole, Has.Length.GreaterThan(1), list);
            Assert.That(paged, Is.EqualTo(whole), list);
        }
    }

    [Test]
    public async Task Customers_are_listed_with_what_they_received()
    {
        var jo = (await ItemsAsync("/v1/customers?holdout=false")).Single(customer => Text(customer, "userId") == "jo");

        Assert.That((jo.GetProperty("journeys").GetInt32(), jo.GetProperty("holdout").GetBoolean(), jo.GetProperty("claimed").GetBoolean()), Is.EqualTo((1, false, false)));
        Assert.That(await ItemsAsync("/v1/customers?holdout=true"), Is.Empty);
    }

    [Test]
    public async Task A_customers_timeline_says_what_was_not_sent_and_why()
    {
        foreach (var (id, cart) in new[] { ("jo", "c1"), ("a%2Fb%20c", "c3") })
        {
            var timeline = await ItemsAsync($"/v1/customers/{id}/timeline");
            await Eventually.Is(() => ItemsAsync($"/v1/customers/{id}/timeline?kind=not_sent").GetAwaiter().GetResult().Length == 1, "the offer has expired");
            var notSent = (await ItemsAsync($"/v1/customers/{id}/timeline?kind=not_sent")).Single();

            Assert.That(timeline.Select(entry => Text(entry, "kind")), Does.Contain("triggered").And.Contain("planned"), id);
            Assert.That((Text(notSent, "reason"), Text(notSent, "channel"), Text(notSent, "cartId"), notSent.GetProperty("step").GetInt32()),
                Is.EqualTo(("expired", "socket", cart, 1)).Or.EqualTo(("unreachable", "socket", cart, 1)), id);
        }

        Assert.That(await ItemsAsync("/v1/customers/nobody/timeline"), Is.Empty);
    }

    [Test]
    public async Task A_customer_says_how_to_be_reached()
    {
        var jo = (await _engine.GetAsync("/v1/customers/jo")).Json;
        await _engine.PostAsync("/v1/suppressions", """{"channel":"sms","address":"+31612345678"}""");
        var later = (await _engine.GetAsync("/v1/customers/jo")).Json;

        static (bool, string?, bool) Reach(JsonElement customer, string channel) => (customer.GetProperty(channel).GetProperty("known").GetBoolean(),
            Text(customer.GetProperty(channel), "consent"), customer.GetProperty(channel).GetProperty("suppressed").GetBoolean());
        Assert.That((Reach(jo, "email"), Reach(jo, "push")), Is.EqualTo(((true, "granted", false), (false, "none", false))));
        Assert.That(Reach(later, "sms"), Is.EqualTo((true, "none", true)));
        Assert.That((await _engine.GetAsync("/v1/customers/nobody")).Problem, Is.EqualTo((404, "customer_not_found")));
    }

    [Test]
    public async Task Ids_that_are_shortened_are_found_as_the_shop_writes_them()
    {
        var id = $"gid://shopify/Customer/{new string('7', 80)}";
        await SendAsync(
            EventJson.Of($"cart-{id}", "add_to_cart", $",\"productId\":\"p1\",\"price\":70,\"userId\":\"{id}\""),
            EventJson.Of($"cart-{id}", "begin_checkout", $",\"userId\":\"{id}\""));
        var escaped = Uri.EscapeDataString(id);
        foreach (var list in new[]
        {
            $"/v1/carts?userId={escaped}", $"/v1/interventions?userId={escaped}",
            $"/v1/interventions?cartId={Uri.EscapeDataString($"cart-{id}")}",
            $"/v1/customers/{escaped}/timeline?kind=triggered",
        })
        {
            Assert.That(await ItemsAsync(list), Is.Not.Empty, list);
        }

        var shown = Text((await ItemsAsync($"/v1/carts?userId={escaped}")).Single(), "userId");
        Assert.That(await ItemsAsync($"/v1/carts?userId={Uri.EscapeDataString(shown!)}"), Has.Length.EqualTo(1), "as the list shows it");
        Assert.That((await _engine.GetAsync($"/v1/customers/{escaped}")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_suppressed_address_is_released_with_whatever_tag()
    {
        await _engine.PostAsync("/v1/suppressions", """{"channel":"email","address":"p2@tags.example"}""");
        var released = await _engine.AskAsync(HttpMethod.Delete, "/v1/suppressions",
            new StringContent("""{"channel":"email","address":"p2+a@tags.example"}""", Encoding.UTF8, "application/json"),
            InProcessEngine.Secret);
        Assert.That(released.Json.GetProperty("released").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Products_and_suppressions_have_filters()
    {
        await _engine.PostAsync("/v1/products", """[{"id":"f1","name":"Red shoe","price":9.99,"stock":3},{"id":"f2","name":"Red hat","stock":0},{"id":"f3","name":"Blue hat"}]""");
        await _engine.PostAsync("/v1/suppressions", """{"channel":"push","address":"token-1","reason":"asked"}""");

        Assert.That((await ItemsAsync("/v1/products?q=RED")).Select(product => Text(product, "id")), Is.EqualTo(new[] { "f1", "f2" }));
        Assert.That((await ItemsAsync("/v1/products?q=hat&stock=out")).Select(product => Text(product, "id")), Is.EqualTo(new[] { "f2" }));
        Assert.That((await ItemsAsync("/v1/products?q=f1")).Single().GetProperty("price").GetDouble(), Is.EqualTo(9.99));
        Assert.That((await ItemsAsync("/v1/suppressions?channel=push")).Select(item => (Text(item, "reason"))), Is.EqualTo(new[] { "asked" }));
        Assert.That(await ItemsAsync("/v1/suppressions?reason=nothing"), Is.Empty);
        Assert.That(await ItemsAsync("/v1/suppressions?to=1h"), Is.Empty);
        Assert.That((await _engine.GetAsync("/v1/products?format=csv&q=f1")).Body, Does.StartWith("id,name,url,image,price,stock,variant\r\nf1,Red shoe,"));
    }

    [Test]
    public async Task A_variant_is_a_product_that_has_from_its_product_what_it_lacks()
    {
        await _engine.PostAsync("/v1/products", """[{"id":"g1","name":"Glove","price":9.99,"stock":3}]""");
        await SendAsync(EventJson.Of("c4", "cart_updated", ",\"items\":[{\"id\":\"g1\",\"variant\":\"red\",\"price\":1},{\"id\":\"g1\",\"name\":\"Glove XL\",\"variant\":\"XL\",\"price\":1}]"));

        Assert.That((await ItemsAsync("/v1/products?q=glove&stock=in")).Select(product => (Text(product, "id"), Text(product, "variant"), Text(product, "name"), product.GetProperty("price").GetDouble())),
            Is.EqualTo(new[] { ("g1", null, "Glove", 9.99), ("g1", "XL", "Glove XL", 9.99), ("g1", "red", "Glove", 9.99) }));
    }

    static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();

    async Task<JsonElement[]> ItemsAsync(string path)
    {
        var answer = await _engine.GetAsync(path);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), $"{path}: {answer.Body}");
        return [.. answer.Json.GetProperty("items").EnumerateArray()];
    }

    async Task SendAsync(params string[] events)
    {
        var answer = await _engine.PostAsync("/v1/events", EventJson.Array(events));
        Assert.That(answer.Taken.Item2, Is.Zero, answer.Body);
    }
}
