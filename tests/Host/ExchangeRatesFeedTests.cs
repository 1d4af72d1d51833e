using System.Collections.Concurrent;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Host.Composition;
using CartRecovery.Plugins.TestKit;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CartRecovery.Tests.Hosting;

/// <summary>Exchange rates from a web address: the last good ones stay in force.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ExchangeRatesFeedTests
{
    const string Good = """{"base":"USD","date":"2026-11-30","rates":{"EUR":0.8}}""";

    readonly ConcurrentQueue<string> _requests = [];
    volatile string _answer = Good;

    [Test]
    public async Task Fetched_rates_are_in_force_with_their_metrics_and_outlive_failures_and_pauses()
    {
        await using var source = Source();
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
            config.Decisions.ExchangeRates["GBP"] = 1.25;
            config.Decisions.ExchangeRatesSource = Config(source, "X-Api-Key: secret 1");
        });

        await Eventually.Is(() => FactorOf(engine, "EUR") == 1.25, "the rates come");
        Assert.That(_requests.First(), Does.StartWith("GET /latest HTTP/1.1").And.Contain("X-Api-Key: secret 1"));
        Assert.That(FactorOf(engine, "GBP"), Is.EqualTo(1.25), "the file's own rates");
        engine.Host.Rates.Update(Config(source, "X-Api-Key: secret 1", hours: 1));
        Assert.That(await PartAsync(engine), Is.EqualTo(("ok", "fetched")));
        engine.Host.Rates.Update(Config(source, "X-Api-Key: secret 1"));
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Match("(?m)^cartrecovery_exchange_rates_age_seconds [0-9]").And.Contain("cartrecovery_exchange_rates_failures_total 0"));

        foreach (var bad in new[] { "{", "[]", """{"EUR":-1}""", """{"euro":2}""", $"{{\"EUR\":2,\"x\":\"{new string('x', 70_000)}\"}}" })
        {
            var before = engine.Host.Rates.Failures;
            _answer = bad;
            await Eventually.Is(() => engine.Host.Rates.Failures > before + 1, $"{bad[..Math.Min(20, bad.Length)]} is refused, and asked for again");
            Assert.That(FactorOf(engine, "EUR"), Is.EqualTo(1.25), bad[..Math.Min(20, bad.Length)]);
        }

        await Eventually.Is(() => engine.Host.RatesState.Problem is not null, "they are stale");
        Assert.That((await PartAsync(engine)).Status, Is.EqualTo("degraded"));

        await engine.PostAsync("/v1/campaigns/on-begin_checkout/pause", "{}");
        Assert.That(engine.Host.JourneyOptions.Campaigns.Rates.Currencies, Is.SupersetOf(new[] { "EUR", "GBP" }), "with a paused campaign");

        _answer = """{"USD":1,"EUR":1.5}""";
        await Eventually.Is(() => FactorOf(engine, "EUR") == 1.5, "the next good answer counts");
        engine.Host.Rates.Update(Config(source, "X-Api-Key: secret 1", hours: 1));
        Assert.That(engine.Host.RatesState, Is.EqualTo((true, (string?)null)));
    }

    [Test]
    public async Task The_last_good_rates_are_there_after_a_restart_but_not_those_of_another_source()
    {
        using var scratch = new Scratch();
        await using var source = Source();
        var config = Config(source);
        using (var feed = Feed(scratch))
        {
            feed.Update(config);
            feed.Start();
            await Eventually.Is(() => !double.IsNaN(feed.Age), "they come");
        }

        await source.SetAsync(ReceiverBehaviour.RefuseConnections);
        using var again = Feed(scratch);
        again.Update(config);
        again.Start();
        await Eventually.Is(() => again.Failures > 0, "the source is away");
        Assert.That(again.AddTo(new DecisionsConfig()).ExchangeRates["EUR"], Is.EqualTo(1.25));

        again.Update(new ExchangeRatesSourceConfig { Url = config.Url + "?other", Interval = config.Interval });
        Assert.That(again.AddTo(new DecisionsConfig()).ExchangeRates, Is.Empty);
        await Eventually.Is(() => again.State.Problem is not null, "there are none");
        Assert.That(again.State.Problem, Does.StartWith("no rates yet: "));

        again.Update((ExchangeRatesSourceConfig?)null);
        Assert.That(again.State, Is.EqualTo((false, (string?)null)));
        File.WriteAllText(scratch.PathOf(ExchangeRatesFeed.FileName), "{");
        again.Update(config);
        Assert.That(again.AddTo(new DecisionsConfig()).ExchangeRates, Is.Empty, "a damaged file");
    }

    [Test]
    public async Task A_source_that_hangs_is_left_after_its_timeout()
    {
        using var scratch = new Scratch();
        await using var source = new HttpReceiver(url => new() { ["url"] = new(url) });
        await source.SetAsync(ReceiverBehaviour.Hang);
        using var feed = Feed(scratch);
        var config = Config(source);
        config.Timeout = Duration.FromMilliseconds(100);
        feed.Update(config);
        feed.Start();

        await Eventually.Is(() => feed.Failures > 0, "it is left");

        Assert.That(feed.State.Problem, Is.EqualTo("no rates yet: no answer within 100ms"));
    }

    static ExchangeRatesFeed Feed(Scratch scratch) => new(scratch.Folder, TimeProvider.System, NullLogger.Instance, () => { });

    HttpReceiver Source() => new(url => new() { ["url"] = new(url) })
    {
        Responder = request =>
        {
            _requests.Enqueue(request);
            return _answer;
        },
    };

    static ExchangeRatesSourceConfig Config(HttpReceiver source, string? header = null, int hours = 0) =>
        new() { Url = source.Settings["url"].Text + "/latest", Header = header, Interval = hours > 0 ? Duration.FromHours(hours) : Duration.FromMilliseconds(50) };

    static double FactorOf(InProcessEngine engine, string currency) => engine.Host.JourneyOptions.Campaigns.Rates.Factor(currency, "USD");

    static async Task<(string Status, string Detail)> PartAsync(InProcessEngine engine)
    {
        using var health = JsonDocument.Parse(await engine.Http.GetStringAsync("/health"));
        var part = health.RootElement.GetProperty("parts").GetProperty("rates");
        return (part.GetProperty("status").GetString()!, part.GetProperty("detail").GetString()!);
    }
}
