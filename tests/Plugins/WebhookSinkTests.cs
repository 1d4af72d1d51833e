using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Tests.Plugins;

sealed class WebhookSinkTests
{
    const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Test]
    public async Task An_intervention_is_posted_with_a_signature()
    {
        await using var receiver = await Receiver.StartAsync(204);
        var time = new FixedTime(new DateTimeOffset(2024, 11, 20, 9, 40, 0, 500, TimeSpan.Zero));
        var item = Interventions.One(1) with { Message = "Ünïted “carts” 🛒" };
        var batch = await WriteAsync(receiver.Url, [item], time);
        Assert.That(batch.VerdictOf(0)!.Outcome, Is.EqualTo(DeliveryOutcome.Delivered));
        var post = receiver.Posts.Single();
        using var body = JsonDocument.Parse(post.Body);
        Assert.Multiple(() =>
        {
            Assert.That(post.Id, Is.EqualTo(item.Id));
            Assert.That(post.Headers["webhook-timestamp"], Is.EqualTo("1732095600"));
            Assert.That(post.Headers["webhook-signature"], Is.EqualTo(post.ExpectedSignature(Secret)));
            Assert.That(post.Headers["content-type"], Is.EqualTo("application/json"));
            Assert.That(body.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "type", "timestamp", "data" }));
            Assert.That(body.RootElement.GetProperty("type").GetString(), Is.EqualTo("intervention.decided"));
            Assert.That(body.RootElement.GetProperty("timestamp").GetString(), Is.EqualTo("2019-10-01T00:09:33Z"));
            var data = body.RootElement.GetProperty("data");
            Assert.That(data.GetProperty("action").GetString(), Is.EqualTo("discount"));
            Assert.That(data.GetProperty("message").GetString(), Is.EqualTo(item.Message));
            Assert.That(data.Deserialize(ContractsJson.Default.Intervention)!.Cart, Is.EqualTo(item.Cart));
        });
    }

    [TestCase(200, DeliveryOutcome.Delivered)]
    [TestCase(202, DeliveryOutcome.Delivered)]
    [TestCase(304, DeliveryOutcome.Rejected)]
    [TestCase(400, DeliveryOutcome.Rejected)]
    [TestCase(401, DeliveryOutcome.Rejected)]
    [TestCase(404, DeliveryOutcome.Rejected)]
    [TestCase(410, DeliveryOutcome.Disabled)]
    [TestCase(408, DeliveryOutcome.Retry)]
    [TestCase(409, DeliveryOutcome.Retry)]
    [TestCase(425, DeliveryOutcome.Retry)]
    [TestCase(429, DeliveryOutcome.Retry)]
    [TestCase(500, DeliveryOutcome.Retry)]
    [TestCase(503, DeliveryOutcome.Retry)]
    public async Task A_response_determines_the_items_outcome(int status, DeliveryOutcome outcome)
    {
        await using var receiver = await Receiver.StartAsync(status);
        var instance = Create(receiver.Url, TimeProvider.System);
        await using var sink = instance.Sink;
        var batch = new DeliveryBatch(Interventions.Many(1));
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0)!.Outcome, Is.EqualTo(outcome));
        if (outcome != DeliveryOutcome.Delivered)
        {
            Assert.That(batch.VerdictOf(0)!.Reason, Does.StartWith($"answered {status}"));
        }

        var health = await instance.CheckHealthAsync(default);
        Assert.That(health.Healthy, Is.EqualTo(outcome == DeliveryOutcome.Delivered));
        Assert.That(health.Detail, Does.Contain($"answered {status}").And.Contain("127.0.0.1"));
    }

    [TestCase("120", 120)]
    [TestCase("Wed, 20 Nov 2024 09:41:30 GMT", 90)]
    [TestCase("Wed, 20 Nov 2024 09:00:00 GMT", -2400)]
    [TestCase("soon", null)]
    [TestCase(null, null)]
    public async Task Retry_After_is_read_as_seconds_or_date(string? retryAfter, int? seconds)
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 429;
            if (retryAfter is not null)
            {
                context.Response.Headers.RetryAfter = retryAfter;
            }

            return Task.CompletedTask;
        });
        var time = new FixedTime(new DateTimeOffset(2024, 11, 20, 9, 40, 0, TimeSpan.Zero));
        var batch = await WriteAsync(receiver.Url, Interventions.Many(1), time);
        Assert.That(batch.VerdictOf(0)!.After?.TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public async Task Redirects_are_not_followed_and_cookies_not_kept()
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.Cookies.Append("session", "1");
            context.Response.Redirect("/elsewhere", permanent: true, preserveMethod: true);
            return Task.CompletedTask;
        });
        var instance = Create(receiver.Url, TimeProvider.System);
        await using var sink = instance.Sink;
        for (var write = 0; write < 2; write++)
        {
            var batch = new DeliveryBatch(Interventions.Many(1));
            await sink.WriteAsync(batch, default);
            Assert.That(batch.VerdictOf(0)!.Reason, Is.EqualTo("answered 308; redirects are not followed"));
        }

        Assert.That(receiver.Posts.Select(post => post.Path), Is.EqualTo(new[] { "/hook", "/hook" }));
        Assert.That(receiver.Posts.Any(post => post.Headers.ContainsKey("cookie")), Is.False);
    }

    [Test]
    public async Task A_connection_closed_without_a_response_is_retried()
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var batch = await WriteAsync(receiver.Url, Interventions.Many(3), TimeProvider.System);
        for (var i = 0; i < 3; i++)
        {
            Assert.That(batch.VerdictOf(i)!.Outcome, Is.EqualTo(DeliveryOutcome.Retry), batch.VerdictOf(i)!.Reason);
        }
    }

    [Test]
    public async Task A_refused_connection_is_retried()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var batch = await WriteAsync($"http://127.0.0.1:{port}/token-in-path", Interventions.Many(1), TimeProvider.System);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(new DeliveryVerdict(DeliveryOutcome.Retry, "could not connect", null)));
    }

    [Test]
    public async Task An_endless_response_is_not_read()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sent = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var stream = client.GetStream();
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
            var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string('x', 65536) + "\r\n");
            long total = 0;
            try
            {
                for (; total < 1L << 30; total += chunk.Length)
                {
                    await stream.WriteAsync(chunk);
                }
            }
            catch (IOException)
            {
                // The sink closed the connection.
            }

            return total;
        });
        var batch = await WriteAsync($"http://{listener.LocalEndpoint}/", Interventions.Many(1), TimeProvider.System);
        Assert.That(batch.VerdictOf(0)!.Outcome, Is.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(await sent.WaitAsync(Eventually.Deadline), Is.LessThan(64 << 20), "only as much as fits into the socket's buffers");
    }

    [Test]
    public async Task Posts_of_a_batch_are_concurrent_up_to_a_limit()
    {
        var now = 0;
        var most = 0;
        using var full = new SemaphoreSlim(0);
        await using var receiver = await Receiver.StartAsync(async (_, _) =>
        {
            var mine = Interlocked.Increment(ref now);
            int seen;
            while (mine > (seen = Volatile.Read(ref most)))
            {
                Interlocked.CompareExchange(ref most, mine, seen);
            }

            if (mine == 8)
            {
                full.Release(100);
            }

            await full.WaitAsync();
            Interlocked.Decrement(ref now);
        });
        var batch = await WriteAsync(receiver.Url, Interventions.Many(40), TimeProvider.System).WaitAsync(Eventually.Deadline);
        Assert.That(Enumerable.Range(0, 40).Select(i => batch.VerdictOf(i)!.Outcome), Is.All.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(most, Is.EqualTo(8));
    }

    [Test]
    public async Task At_the_timeout_the_write_returns_with_delivered_items_marked()
    {
        await using var receiver = await Receiver.StartAsync(async (context, post) =>
        {
            if (post.Id != Interventions.One(0).Id)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        });
        await using var sink = Create(receiver.Url, TimeProvider.System).Sink;
        using var over = new CancellationTokenSource();
        var batch = new DeliveryBatch(Interventions.Many(20));
        var write = sink.WriteAsync(batch, over.Token).AsTask();
        await Eventually.Is(() => batch.VerdictOf(0) is not null && receiver.Posts.Count == 9, "one answered, eight hang");
        await over.CancelAsync();
        await write.WaitAsync(Eventually.Deadline);
        Assert.That(batch.VerdictOf(0)!.Outcome, Is.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(Enumerable.Range(1, 19).Select(i => batch.VerdictOf(i)?.Outcome), Is.All.Null.Or.EqualTo(DeliveryOutcome.Retry));
    }

    [Test]
    public async Task Only_failed_items_are_resent_with_the_same_id_and_a_valid_signature()
    {
        var tries = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        await using var receiver = await Receiver.StartAsync((context, post) =>
        {
            var number = int.Parse(post.Id["iv_".Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var tried = tries.AddOrUpdate(post.Id, 1, (_, before) => before + 1);
            switch (number % 5)
            {
                case 1 when tried <= 2:
                    context.Response.StatusCode = 500;
                    break;
                case 2 when tried == 1:
                    context.Response.StatusCode = 429;
                    context.Response.Headers.RetryAfter = "17";
                    break;
                case 3 when tried == 1:
                    context.Abort();
                    break;
                case 4:
                    context.Response.StatusCode = 400;
                    break;
            }

            return Task.CompletedTask;
        });
        using var log = new LogLines();
        var time = new SkippingTime(TimeSpan.FromSeconds(17));
        var runner = new SinkRunner("shop", WebhookSink.Spec, Settings(receiver.Url),
            new SinkRunnerOptions { Batch = 10, RetryDelay = TimeSpan.FromMilliseconds(1) }, time, log);
        runner.Start();
        foreach (var item in Interventions.Many(50))
        {
            Assert.That(runner.TryEnqueue(item));
        }

        await runner.DrainAsync(Eventually.Deadline);

        Assert.Multiple(() =>
        {
            Assert.That(Total(FinalOutcome.Delivered), Is.EqualTo(40));
            Assert.That(Total(FinalOutcome.Rejected), Is.EqualTo(10));
            foreach (var (id, count) in tries)
            {
                var number = int.Parse(id["iv_".Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                Assert.That(count, Is.EqualTo((number % 5) switch { 1 => 3, 2 or 3 => 2, _ => 1 }), id);
            }

            Assert.That(receiver.Posts.Select(post => post.Headers["webhook-signature"]),
                Is.EqualTo(receiver.Posts.Select(post => post.ExpectedSignature(Secret))));
            Assert.That(receiver.Posts.GroupBy(post => post.Id, StringComparer.Ordinal).Select(posts => posts.Select(post => post.Body).Distinct().Count()),
                Is.All.EqualTo(1), "the body is the same on every attempt");
            Assert.That(time.Timers, Has.Some.EqualTo(TimeSpan.FromSeconds(17)));
        });

        long Total(FinalOutcome outcome) => Enum.GetValues<ActionKind>().Sum(action => runner.Count(action, outcome));
    }

    [Test]
    public async Task Several_interventions_go_in_one_request()
    {
        await using var receiver = await Receiver.StartAsync(204);
        var items = Interventions.Many(5);
        var batch = await WriteGroupedAsync(receiver.Url, items);
        Assert.That(Enumerable.Range(0, 5).Select(i => batch.VerdictOf(i)!.Outcome), Is.All.EqualTo(DeliveryOutcome.Delivered));
        Assert.That(Enumerable.Range(0, 5).Select(batch.MarksOf), Is.All.EqualTo(1));
        var posts = receiver.Posts.OrderBy(post => post.Body.Length).ToArray();
        Assert.That(posts.SelectMany(IdsOf), Is.EquivalentTo(items.Select(item => item.Id)));
        Assert.That(posts.Select(post => post.Headers["webhook-signature"]), Is.EqualTo(posts.Select(post => post.ExpectedSignature(Secret))));
        Assert.That(posts.Select(TypeOf), Is.EqualTo(new[] { "intervention.decided", "interventions.decided", "interventions.decided" }),
            "one alone is a request as without the option");

        await WriteGroupedAsync(receiver.Url, items);
        Assert.That(receiver.Posts.GroupBy(post => post.Id, StringComparer.Ordinal).Select(same => same.Select(post => post.Body).Distinct().Count()),
            Is.EqualTo(new[] { 1, 1, 1 }), "the same interventions are the same request on another try");
    }

    [Test]
    public async Task One_that_a_receiver_rejects_costs_the_others_of_its_request_nothing()
    {
        var items = Interventions.Many(4);
        await using var receiver = await Receiver.StartAsync((context, post) =>
        {
            context.Response.StatusCode = post.Body.Contains(items[1].Id, StringComparison.Ordinal) ? 422 : 204;
            return Task.CompletedTask;
        });
        var batch = await WriteGroupedAsync(receiver.Url, items);
        Assert.That(Enumerable.Range(0, 4).Select(i => batch.VerdictOf(i)!.Outcome), Is.EqualTo(new[]
        {
            DeliveryOutcome.Delivered, DeliveryOutcome.Rejected, DeliveryOutcome.Delivered, DeliveryOutcome.Delivered,
        }));
    }

    [TestCase(503, DeliveryOutcome.Retry)]
    [TestCase(410, DeliveryOutcome.Disabled)]
    public async Task A_receiver_that_is_unavailable_is_asked_once_for_a_group(int status, DeliveryOutcome outcome)
    {
        await using var receiver = await Receiver.StartAsync(status);
        var batch = await WriteGroupedAsync(receiver.Url, Interventions.Many(2));
        Assert.That(Enumerable.Range(0, 2).Select(i => batch.VerdictOf(i)!.Outcome), Is.All.EqualTo(outcome));
        Assert.That(receiver.Posts, Has.Count.EqualTo(1));
    }

    [TestCase("ftp://example.org/", Secret, "url: expected an absolute http or https URL without a user name")]
    [TestCase("/hook", Secret, "url: expected an absolute http or https URL without a user name")]
    [TestCase("https://user:word@example.org/", Secret, "url: expected an absolute http or https URL without a user name")]
    [TestCase("https://example.org/", "whsec_AAAA", "secret: expected whsec_ and the base64 of 24 to 64 bytes, got 3 bytes")]
    public void Invalid_settings_are_rejected(string url, string secret, string problem) =>
        Assert.That(() => WebhookSink.Spec.Create(Settings(url, secret)),
            Throws.InstanceOf<SinkConfigurationException>().With.Message.EqualTo(problem));

    static async Task<DeliveryBatch> WriteAsync(string url, IReadOnlyList<Intervention> items, TimeProvider time)
    {
        await using var sink = Create(url, time).Sink;
        await sink.ConnectAsync(default);
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    static async Task<DeliveryBatch> WriteGroupedAsync(string url, IReadOnlyList<Intervention> items)
    {
        var settings = new SinkSettings("shop", WebhookSink.Spec,
            new Dictionary<string, string>(StringComparer.Ordinal) { ["url"] = url, ["secret"] = Secret, ["perRequest"] = "2" });
        await using var sink = WebhookSink.Spec.Create(settings.With(TimeProvider.System, TimeSpan.FromSeconds(10))).Sink;
        var batch = new DeliveryBatch(items);
        await sink.WriteAsync(batch, default);
        return batch;
    }

    static string TypeOf(Receiver.Post post)
    {
        using var body = JsonDocument.Parse(post.Body);
        return body.RootElement.GetProperty("type").GetString()!;
    }

    static List<string> IdsOf(Receiver.Post post)
    {
        using var body = JsonDocument.Parse(post.Body);
        var data = body.RootElement.GetProperty("data");
        return data.ValueKind == JsonValueKind.Array ? [.. data.EnumerateArray().Select(item => item.GetProperty("id").GetString()!)]
            : [data.GetProperty("id").GetString()!];
    }

    static SinkInstance Create(string url, TimeProvider time) => WebhookSink.Spec.Create(Settings(url).With(time, TimeSpan.FromSeconds(10)));

    static SinkSettings Settings(string url, string secret = Secret) =>
        new("shop", WebhookSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal) { ["url"] = url, ["secret"] = secret });

    sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
