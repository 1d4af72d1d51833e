using System.Globalization;
using System.Net;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Security;

/// <summary>An attacker sends as fast as it can; its address, its key or its store runs out of tokens, and nobody else's does.</summary>
[TestFixture]
sealed class RateTests
{
    const string Other = "sk_other";

    // Fills too slowly to matter in a test.
    static readonly TokenRate s_slow = new(1, 3);

    [Test]
    public async Task Requests_beyond_an_addresss_rate_are_rejected_with_the_time_to_retry()
    {
        await using var engine = await StartAsync(rates =>
        {
            rates.Loopback = true;
            rates.Requests.Api.Address = s_slow;
        });
        var answers = new List<ApiAnswer>();
        for (var i = 0; i < 5; i++)
        {
            answers.Add(await engine.GetAsync("/v1/events/stats"));
        }

        Assert.That(answers.Take(3).Select(a => a.Status), Has.All.EqualTo(HttpStatusCode.OK));
        var last = answers[^1];
        Assert.That(last.Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That(int.Parse(last.Headers["Retry-After"], CultureInfo.InvariantCulture), Is.InRange(1, 3));
        Assert.That(last.Headers["RateLimit-Policy"], Does.StartWith("\"address\";q=3;w=3, \"key\";q="));
        Assert.That(last.Headers["RateLimit"], Does.StartWith("\"address\";r=0;t=3, \"key\";r="));
        Assert.That(answers[0].Headers["RateLimit"], Does.StartWith("\"address\";r=2;t=1, "));
        Assert.That((await engine.GetAsync("/v1/events/stats", Other)).Problem, Is.EqualTo((429, "rate_limited")), "another key does not help");
        Assert.That((await engine.GetAsync("/health", key: null)).Status, Is.EqualTo(HttpStatusCode.OK), "other groups of routes are not affected");
        Assert.That(await engine.Http.GetStringAsync("/metrics"), Does.Match("cartrecovery_requests_limited_total\\{group=\"api\",limit=\"address\"\\} [1-9]"));
    }

    [Test]
    public async Task Wrong_keys_are_counted_too([Values] bool overHttp)
    {
        await using var engine = await StartAsync(rates =>
        {
            rates.Loopback = true;
            rates.Requests.Browser.Address = s_slow;
        });
        var codes = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            using var client = await RawClient.ConnectAsync(overHttp ? engine.HttpPort : engine.Stream);
            await client.SendAsync(RawClient.Handshake($"/v1/stream?key=guess{i}"));
            var head = await client.ReadHeadAsync();
            codes.Add(head.Split(' ')[1]);
            Assert.That(head.Contains("Retry-After: ", StringComparison.Ordinal), Is.EqualTo(codes[^1] == "429"));
        }

        Assert.That(codes, Is.EqualTo(new[] { "401", "401", "401", "429", "429" }));
    }

    [Test]
    public async Task One_store_cannot_use_up_anothers_share()
    {
        await using var engine = await StartAsync(rates => rates.Requests.Server.Store = s_slow);
        for (var i = 0; i < 4; i++)
        {
            await engine.PostAsync("/v1/events", EventJson.Of("c"));
        }

        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of("c"))).Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of("c"), Other)).Status, Is.EqualTo(HttpStatusCode.OK));
        using var lines = await StreamClient.OpenAsync(engine, StreamTransport.Tcp);
        Assert.That((await lines.NextAsync())!.Code, Is.EqualTo("rate_limited"), "opening a stream is counted as well");
    }

    [Test]
    public async Task A_stream_beyond_its_rate_is_read_more_slowly_and_loses_nothing([Values] StreamTransport via)
    {
        const int count = 600;
        await using var engine = await StartAsync(rates => rates.Browser.Events.Key = new TokenRate(200, 200));
        using var client = await StreamClient.OpenAsync(engine, via, InProcessEngine.Publishable);
        var sending = Task.Run(async () =>
        {
            for (var sent = 0; sent < count; sent += 100)
            {
                await client.SendAsync(EventJson.Many("c", 100).Select(e => e));
            }
        });
        var heard = await client.UntilAckAsync(count);
        await sending;

        Assert.That(heard.Where(said => said.Type == "error"), Is.Empty);
        Assert.That(engine.Host.Ingest.Rates.WaitsFor(RateScope.Key), Is.Positive);
        Assert.That(engine.Host.Ingest.Rates.EventRejectionsBy(RateScope.Key), Is.Zero);
    }

    [Test]
    public async Task Streams_are_closed_once_too_many_wait_for_a_rate([Values(StreamTransport.Tcp, StreamTransport.WebSocket)] StreamTransport via)
    {
        // Tokens for one stream, and a wait of 30 s for three.
        await using var engine = await StartAsync(rates => rates.Browser.Events.Key = new TokenRate(1, 10));
        var clients = new List<StreamClient>();
        for (var i = 0; i < 8; i++)
        {
            clients.Add(await StreamClient.OpenAsync(engine, via, InProcessEngine.Publishable));
            await clients[i].SendAsync(EventJson.Many("c", 32));
        }

        await Eventually.Is(() => engine.Host.Ingest.Rates.EventRejectionsBy(RateScope.Key) == 5, "five of them would have to wait too long");
        await Eventually.Is(() => engine.Host.Connections.Count == 3, "they are closed");
        Assert.That(engine.Host.Ingest.Rates.WaitsFor(RateScope.Key), Is.GreaterThanOrEqualTo(3));
        using var server = await StreamClient.OpenAsync(engine, via);
        await server.SendAsync(EventJson.Many("c", 32));
        await server.UntilAckAsync(32);
        clients.ForEach(client => client.Raw.Reset());
        await Eventually.Is(() => engine.Host.Connections.Count <= 1, "those that waited are noticed to be gone");
    }

    [Test]
    public async Task A_batch_beyond_the_rate_of_events_delays_the_next_one()
    {
        await using var engine = await StartAsync(rates => rates.Browser.Events.Store = new TokenRate(1, 10));
        var batch = EventJson.Array(EventJson.Many("c", 10));
        Assert.That((await engine.PostAsync("/v1/events", batch, InProcessEngine.Publishable)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await engine.PostAsync("/v1/events", batch, InProcessEngine.Publishable)).Status, Is.EqualTo(HttpStatusCode.OK), "what was taken is paid afterwards");

        var third = await engine.PostAsync("/v1/events", batch, InProcessEngine.Publishable);

        Assert.That(third.Problem, Is.EqualTo((429, "rate_limited")));
        Assert.That(int.Parse(third.Headers["Retry-After"], CultureInfo.InvariantCulture), Is.InRange(1, 11));
        Assert.That((await engine.PostAsync("/v1/events", batch)).Status, Is.EqualTo(HttpStatusCode.OK), "a secret key is not affected");
    }

    [Test]
    public async Task Slow_reports_leave_threads_for_others()
    {
        using var gate = new ManualResetEventSlim();
        var (running, most) = (0, 0);
        await using var engine = await InProcessEngine.StartAsync(prepare: host => host.Routes.MapGet("/slow", (RequestDelegate)(_ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            gate.Wait();
            Interlocked.Decrement(ref running);
            return Task.CompletedTask;
        })).WithTags("Analytics").RequireAuthorization("secret"));
        var asked = Enumerable.Range(0, 40).Select(_ => engine.Http.GetAsync("/slow")).ToArray();
        await Eventually.Is(() => Volatile.Read(ref running) == Environment.ProcessorCount, "as many as there are cores run");
        Assert.That((await engine.GetAsync("/health", key: null)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await engine.PostAsync("/v1/events", EventJson.Of("c"))).Status, Is.EqualTo(HttpStatusCode.OK));

        gate.Set();
        Assert.That((await Task.WhenAll(asked)).Select(answer => answer.StatusCode), Has.All.EqualTo(HttpStatusCode.OK));
        Assert.That(most, Is.EqualTo(Environment.ProcessorCount));
    }

    [Test]
    public void Many_addresses_share_few_buckets_and_a_network_is_one_address()
    {
        var random = new Random(1);
        var bytes = new byte[16];
        var slots = new HashSet<int>();
        for (var i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            var address = new IPAddress(bytes);
            slots.Add(RateSource.Of(address, null, countsLoopback: false).Slot);
            bytes[^1]++;
            Assert.That(RateSource.Of(new IPAddress(bytes), null, countsLoopback: false), Is.EqualTo(RateSource.Of(address, null, countsLoopback: false)));
        }

        Assert.That(slots, Has.Count.InRange(RateSource.Slots / 2, RateSource.Slots));
        Assert.That(slots.Min(), Is.GreaterThanOrEqualTo(0));
        Assert.That(RateSource.Of(IPAddress.Loopback, null, countsLoopback: false).Slot, Is.EqualTo(-1));
        Assert.That(RateSource.Of(IPAddress.Parse("::ffff:127.0.0.1"), null, countsLoopback: false).Slot, Is.EqualTo(-1));
    }

    [Test]
    public void Nothing_is_counted_for_a_key_without_rates()
    {
        using var rates = new RateLimits(new RateLimitsOptions(
            _ => default, kind => kind == KeyKind.Secret ? default : new ScopedRates(default, new Rate(1, 1), default), _ => default));
        var store = new Store(1, "s", "s"u8.ToArray(), TimeZoneInfo.Utc, "USD");

        Assert.That(rates.MeterOf(IPAddress.Loopback, new StoreKey(store, KeyKind.Secret, LoopbackOnly: false, [])), Is.Null);
        Assert.That(rates.MeterOf(IPAddress.Loopback, new StoreKey(store, KeyKind.Publishable, LoopbackOnly: false, [])), Is.Not.Null);
    }

    static Task<InProcessEngine> StartAsync(Action<RatesConfig> change) => InProcessEngine.StartAsync(config =>
    {
        config.Stores.Add(new StoreConfig { Id = "other", Keys = [InProcessEngine.Key(Other, KeyKind.Secret)] });
        change(config.Limits.Rates);
    });
}
