using System.Text.Json;
using CartRecovery.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CartRecovery.Tests.Storefront;

/// <summary>The client's reactions to messages from a scripted server.</summary>
[TestFixture]
[Parallelizable]
public sealed class InterventionTests
{
    const string Origin = "http://localhost:8888";

    Chromium _chromium = null!;
    Shopper _shopper = null!;
    IPage _tab = null!;
    FakeStream _stream = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _chromium = await Chromium.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }

    [SetUp]
    public async Task OpenAsync()
    {
        _shopper = await _chromium.OpenAsync();
        _stream = new FakeStream();
        _tab = await _shopper.Context.NewPageAsync();
        await _tab.RouteWebSocketAsync("**/v1/stream?key=pk_fake&webdriver=1", _stream.Accept);
        await _tab.RouteAsync($"{Origin}/**", route => route.FulfillAsync(new()
        {
            ContentType = route.Request.Url.EndsWith(".js", StringComparison.Ordinal) ? "text/javascript" : "text/html",
            Body = route.Request.Url.EndsWith(".js", StringComparison.Ordinal)
                ? File.ReadAllText(Path.Combine(Repository.Root, "plugins", "storefront", "cartrecovery.js"))
                : "<!doctype html><html lang=en><title>Shop</title><link rel=icon href='data:,'><script src=/sdk.js></script><button>Elsewhere</button>",
        }));
        await _tab.GotoAsync($"{Origin}/");
    }

    [TearDown]
    public Task CloseAsync() => _shopper.DisposeAsync().AsTask();

    [Test]
    public async Task Interventions_are_shown_one_at_a_time_and_once_each()
    {
        await ConnectAsync();
        _stream.Intervene("iv_1", "First");
        _stream.Intervene("iv_2", "Second");
        _stream.Intervene("iv_1", "First");

        await Expect(Message).ToHaveTextAsync("First");
        await Button("No, thanks").ClickAsync();
        await Expect(Message).ToHaveTextAsync("Second");
        await Button("Close").ClickAsync();
        await Expect(_tab.Locator("cart-recovery")).ToHaveCountAsync(0);

        await Eventually.Is(() => _stream.Events.Count == 4, () => $"four answers; received {string.Join(' ', _stream.Answers)}");
        Assert.That(_stream.Answers, Is.EqualTo(["delivered iv_1", "dismissed iv_1", "delivered iv_2", "dismissed iv_2"]));
        await _tab.ReloadAsync();
        await ConnectAsync();
        _stream.Intervene("iv_2", "Second");
        _stream.Intervene("iv_3", "Third");
        await Expect(Message).ToHaveTextAsync("Third");
    }

    [Test]
    public async Task A_reminder_is_a_banner_that_does_not_take_focus()
    {
        await _tab.Locator("button").FocusAsync();
        await ConnectAsync("{ theme: { accent: 'rgb(1, 2, 3)' }, labels: { reminder: 'Noch da', back: 'Zum Warenkorb' } }");
        _stream.Intervene("iv_1", "Still here", action: "reminder");

        await Expect(_tab.Locator("cart-recovery section[aria-live=polite] h2")).ToHaveTextAsync("Noch da");
        await Expect(_tab.Locator("body > button")).ToBeFocusedAsync();
        await Expect(Button("Zum Warenkorb")).ToHaveCSSAsync("background-color", "rgb(1, 2, 3)");
    }

    [Test]
    public async Task The_page_may_render_an_intervention_itself()
    {
        await ConnectAsync("{ onIntervention: (i) => { document.title = `${i.messageId} ${i.discountPercent}`; return false; } }");
        _stream.Intervene("iv_1", "Mine");

        await Expect(_tab).ToHaveTitleAsync("iv_1 15");
        await Eventually.Is(() => _stream.Events.Count == 1, "it was delivered");
        await Expect(_tab.Locator("cart-recovery")).ToHaveCountAsync(0);
    }

    [TestCase("http://localhost:8888/cart?restore=1", true)]
    [TestCase("javascript:document.title='broken'", false)]
    [TestCase("data:text/html,broken", false)]
    public async Task Accepting_follows_only_a_web_link(string link, bool isFollowed)
    {
        await ConnectAsync();
        _stream.Intervene("iv_1", "Come back", link: link);

        await Button("Take the offer").ClickAsync();
        if (isFollowed)
        {
            await Expect(_tab).ToHaveURLAsync(link);
            await ConnectAsync();
        }

        await Eventually.Is(() => _stream.Answers.Contains("clicked iv_1", StringComparer.Ordinal), "the click is reported, by the next page if necessary");
        Assert.That((await _tab.TitleAsync(), new Uri(_tab.Url).Host), Is.EqualTo(("Shop", "localhost")));
    }

    [Test]
    public async Task An_overloaded_event_is_resent_with_the_same_id()
    {
        // One thread sends all: acknowledged first, the refusal would come too late.
        _stream.Answer = (stream, first) =>
        {
            if (first == 0)
            {
                stream.Send("""{"type":"error","index":0,"code":"overloaded","message":"later"}""");
                stream.Send("""{"type":"ack","upTo":1}""");
            }
        };
        await ConnectAsync();
        await _tab.EvaluateAsync("client.track('page_view')");

        await Eventually.Is(() => _stream.Events.Count == 2, "the event arrived again");
        _stream.Send("""{"type":"ack","upTo":2}""");

        await _tab.WaitForFunctionAsync("client.stats.pending === 0");
        Assert.That(_stream.Events.Select(e => e.GetProperty("id").GetString()).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_consent_is_sent_with_what_proves_it()
    {
        const string consent = """{"channel":"sms","granted":false,"purpose":"offers","textVersion":"7","source":"checkout","expiresAt":1790000000000}""";
        await ConnectAsync();
        await _tab.EvaluateAsync($"client.consent({consent})");
        await Eventually.Is(() => _stream.Events.Count == 1, "the event arrived");
        Assert.That(_stream.Events[0].GetProperty("meta").GetRawText(), Does.EndWith(consent[1..]), "after the device");
    }

    [Test]
    public async Task Unacknowledged_events_are_resent_after_a_disconnect()
    {
        await ConnectAsync();
        await _tab.EvaluateAsync("for (let i = 0; i < 3; i++) client.track('page_view')");
        await Eventually.Is(() => _stream.Events.Count == 3, "the events arrived");
        _stream.Send("""{"type":"ack","upTo":1}""");
        await _tab.WaitForFunctionAsync("client.stats.acknowledged === 1");
        await _stream.CutAsync();

        await Eventually.Is(() => _stream.Events.Count == 5, "the other two arrived again");
        _stream.Send("""{"type":"ack","upTo":2}""");
        await _tab.WaitForFunctionAsync("client.stats.pending === 0");
        var ids = _stream.Events.Select(e => e.GetProperty("id").GetString()).ToArray();
        Assert.That(ids[3..], Is.EqualTo(ids[1..3]));
    }

    ILocator Message => _tab.Locator("cart-recovery [part=message]");

    ILocator Button(string name) => _tab.Locator("cart-recovery").GetByRole(AriaRole.Button, new() { Name = name });

    async Task ConnectAsync(string options = "{}")
    {
        var before = _stream.Connections;
        await _tab.EvaluateAsync($$"""globalThis.client = CartRecovery.connect({ key: "pk_fake", url: "ws://engine.example", ...{{options}} })""");
        await Eventually.Is(() => _stream.Connections > before, "it connects");
        await _tab.WaitForFunctionAsync("client.state === 'open'");
    }

    /// <summary>The server side of a stream: records messages and sends what the test scripts.</summary>
    sealed class FakeStream
    {
        readonly Lock _lock = new();
        readonly List<JsonElement> _events = [];
        IWebSocketRoute _socket = null!;
        int _connections;

        public int Connections => Volatile.Read(ref _connections);

        /// <summary>Called for every message, with the number of its first event.</summary>
        public Action<FakeStream, int>? Answer { get; set; }

        public IReadOnlyList<JsonElement> Events
        {
            get
            {
                lock (_lock)
                {
                    return [.. _events];
                }
            }
        }

        public IEnumerable<string> Answers =>
            Events.Select(e => $"{e.GetProperty("type").GetString()} {e.GetProperty("meta").GetProperty("intervention").GetString()}");

        public void Accept(IWebSocketRoute socket)
        {
            _socket = socket;
            socket.OnMessage(frame => Take(frame.Text!));
            Interlocked.Increment(ref _connections);
        }

        public void Send(string message) => _socket.Send(message);

        public Task CutAsync() => _socket.CloseAsync(new() { Code = 1011 });

        public void Intervene(string id, string message, string action = "discount", string? link = null)
        {
            // A null link counts as absent.
            var payload = JsonSerializer.Serialize(new { id, action, discountPercent = 15, message, links = new { restore = link } });
            Send($$"""{"type":"intervention","messageId":"{{id}}","payload":{{payload}} }""");
        }

        void Take(string text)
        {
            int first;
            lock (_lock)
            {
                first = _events.Count;
                using var message = JsonDocument.Parse(text);
                _events.AddRange(message.RootElement.GetProperty("events").EnumerateArray().Select(e => e.Clone()));
            }

            Answer?.Invoke(this, first);
        }
    }
}
