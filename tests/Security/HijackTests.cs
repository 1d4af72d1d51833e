using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Events;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>A stranger who knows a cart's id, and has the key that stands in every page, cannot touch the cart.</summary>
public sealed class HijackTests
{
    const string Secret = "7b0f3f0e-owner-secret-d1c3", Guess = "11111111-guess-222222222222";

    InProcessEngine _engine = null!;
    string _cart = "";

    [OneTimeSetUp]
    public async Task StartAsync() => _engine = await InProcessEngine.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _engine.DisposeAsync();

    [SetUp]
    public async Task BeginAsync()
    {
        _cart = EventJson.NewCart();
        Assert.That((await SendAsync(Owner("add_to_cart", ""","productId":"p1","price":20"""))).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("add_to_cart", ""","productId":"p9","quantity":1000,"price":999""")]
    [TestCase("purchase", ""","price":20""")]
    [TestCase("identify", ""","meta":{"email":"thief@evil.example"}""")]
    [TestCase("page_view", "")]
    [TestCase("consent", ""","meta":{"channel":"email","granted":false}""")]
    [TestCase("clicked", ""","meta":{"intervention":"iv_0"}""")]
    public async Task Another_session_changes_nothing(string type, string more)
    {
        var before = await _engine.FeaturesAsync(_cart);
        foreach (var attempt in (string[])[
            EventJson.Of(_cart, type, more, session: "thief"),
            EventJson.Of(_cart, type, more),
            EventJson.Of(_cart, type, more + $",\"cartSecret\":\"{Guess}\"", session: "thief"),
            EventJson.Of(_cart, type, more + ",\"userId\":\"victim\"", session: "thief")])
        {
            var answer = await SendAsync(attempt);
            Assert.That((answer.Status, answer.Json.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.Forbidden, "foreign_cart")));
        }

        Assert.That((await _engine.FeaturesAsync(_cart)).ToString(), Is.EqualTo(before.ToString()));
    }

    [Test]
    public async Task A_stream_reports_the_foreign_event_before_it_acknowledges_its_neighbours()
    {
        using var stream = await StreamClient.OpenAsync(_engine, StreamTransport.WebSocket, InProcessEngine.Publishable);
        var own = EventJson.NewCart();
        await stream.SendAsync(EventJson.Array(
            EventJson.Of(own, session: "thief"), EventJson.Of(_cart, "purchase", session: "thief"), EventJson.Of(own, session: "thief")));
        var errors = (await stream.UntilAckAsync(3)).Where(message => message.Type == "error");
        Assert.That(errors.Select(error => (error.Index, error.Code)), Is.EqualTo(new[] { (1L, "foreign_cart") }));
        Assert.That(await _engine.EventsOfAsync(own), Is.EqualTo(2));
    }

    [Test]
    public async Task A_flood_of_foreign_events_is_one_error_frame()
    {
        using var stream = await StreamClient.OpenAsync(_engine, StreamTransport.WebSocket, InProcessEngine.Publishable);
        await stream.SendAsync(EventJson.Array(Enumerable.Range(0, 200).Select(_ => EventJson.Of(_cart, session: "thief"))));
        var errors = (await stream.UntilAckAsync(200)).Where(message => message.Type == "error").ToArray();
        Assert.That((errors.Sum(error => error.Count), errors.Length), Is.EqualTo((200, 1)));
    }

    [Test]
    public async Task The_same_shopper_goes_on_in_another_session_with_the_secret()
    {
        Assert.That((await SendAsync(EventJson.Of(_cart, "page_view", $",\"cartSecret\":\"{Secret}\"", session: "tomorrow"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SendAsync(Owner("page_view"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await _engine.EventsOfAsync(_cart), Is.EqualTo(3));
    }

    [Test]
    public async Task A_server_opens_any_cart_of_its_store()
    {
        Assert.That((await _engine.PostAsync("/v1/events", EventJson.Of(_cart, "purchase", ""","price":20"""))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _engine.FeaturesAsync(_cart))!.Value.GetProperty("item_count").GetInt32(), Is.Zero);
    }

    [Test]
    public async Task A_cart_that_a_squatter_named_first_is_its_sessions_once_the_server_names_it()
    {
        var cart = EventJson.NewCart();
        await SendAsync(EventJson.Of(cart, session: "squatter"));
        Assert.That((await SendAsync(EventJson.Of(cart, "add_to_cart", session: "shopper"))).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        await _engine.PostAsync("/v1/events", EventJson.Of(cart, "view_cart", session: "shopper"));
        Assert.That((await SendAsync(EventJson.Of(cart, "add_to_cart", ""","productId":"p1","price":5""", session: "shopper"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SendAsync(EventJson.Of(cart, session: "squatter"))).Status, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task What_was_refused_is_a_dead_letter_without_the_secret_and_is_counted()
    {
        var stored = _engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.ForeignCart);
        var rejected = _engine.Host.Counters.RejectedFor(EventErrorCode.ForeignCart);
        var foreign = EventJson.Of(_cart, "add_to_cart", $",\"productId\":\"p7\",\"cartSecret\":\"{Guess}\"", session: "thief");
        await SendAsync(foreign);
        Assert.That(_engine.Host.Counters.RejectedFor(EventErrorCode.ForeignCart), Is.EqualTo(rejected + 1));
        await Eventually.Is(() => _engine.Host.DeadLetterQueue.StoredFor(EventErrorCode.ForeignCart) > stored, "the dead letter is stored");
        var letter = (await _engine.GetAsync("/v1/deadletters?code=foreign_cart&limit=500")).Body;
        Assert.That(letter, Does.Contain(_cart));
        Assert.That(letter, Does.Not.Contain(Guess));
    }

    [TestCase("short")]
    [TestCase("this secret is longer than the sixty-four bytes that an id may have, so it is refused")]
    public async Task A_secret_that_is_too_short_or_too_long_is_refused(string secret)
    {
        var answer = await SendAsync(EventJson.Of(EventJson.NewCart(), "page_view", $",\"cartSecret\":\"{secret}\"", session: "s"));
        Assert.That((answer.Status, answer.Json.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "out_of_range")));
    }

    [Test]
    public async Task A_store_with_secret_ids_lets_who_knows_one_go_on_but_not_redirect_the_cart()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Stores[0].CartIds = CartIdKind.Secret);
        await engine.PostAsync("/v1/events", EventJson.Of("c1", "add_to_cart", ""","productId":"p1","price":5""", session: "s1"), InProcessEngine.Publishable);
        var more = await engine.PostAsync("/v1/events", EventJson.Of("c1", "add_to_cart", ""","productId":"p2","price":5""", session: "s2"), InProcessEngine.Publishable);
        var address = await engine.PostAsync("/v1/events", EventJson.Of("c1", "identify", ""","meta":{"email":"thief@evil.example"}""", session: "s2"), InProcessEngine.Publishable);

        Assert.That((more.Status, address.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
        Assert.That((await engine.FeaturesAsync("c1"))!.Value.GetProperty("item_count").GetInt32(), Is.EqualTo(2));
        var contact = await engine.Host.Journeys.InvokeAsync((journeys, _) => journeys.Store.Customers.ContactOf(
            engine.Host.Stores.Stores[0].Ids.CartOf("c1"u8)));
        Assert.That(contact, Is.Null);
    }

    [Test]
    public async Task Ownership_survives_a_restart()
    {
        using var scratch = new Scratch();
        await using (var before = await InProcessEngine.StartAsync(config => config.Data = scratch.PathOf("data")))
        {
            await before.PostAsync("/v1/events", EventJson.Of("c1", "add_to_cart", $",\"productId\":\"p1\",\"price\":5,\"cartSecret\":\"{Secret}\"", session: "s1"), InProcessEngine.Publishable);
            await before.PostAsync("/v1/events", EventJson.Of("c1", "purchase", session: "thief"), InProcessEngine.Publishable);
        }

        await using var engine = await InProcessEngine.StartAsync(config => config.Data = scratch.PathOf("data"));
        Assert.That((await engine.FeaturesAsync("c1"))!.Value.GetProperty("item_count").GetInt32(), Is.EqualTo(1));
        var thief = await engine.PostAsync("/v1/events", EventJson.Of("c1", "purchase", session: "thief"), InProcessEngine.Publishable);
        var owner = await engine.PostAsync("/v1/events", EventJson.Of("c1", "page_view", $",\"cartSecret\":\"{Secret}\"", session: "s9"), InProcessEngine.Publishable);
        Assert.That((thief.Status, owner.Status), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.OK)));
    }

    string Owner(string type, string more = "") => EventJson.Of(_cart, type, more + $",\"cartSecret\":\"{Secret}\"", session: "owner");

    Task<ApiAnswer> SendAsync(string json) => _engine.PostAsync("/v1/events", json, InProcessEngine.Publishable);
}
