using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Delivery;

/// <summary>Sinks that fail, hang, throw or break their contract.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SinkRunnerFailureTests : SinkRunnerFixture
{
    [Test]
    public async Task Unmarked_items_are_retried_and_finally_fail()
    {
        var sink = new ScriptedSink { MarksEveryItem = false, OnWrite = (batch, _) => Mark(batch, (b, i) => DeliverFirst(b, i)) };
        var runner = Runner(sink, Quick with { Batch = 3, BatchAge = TimeSpan.FromSeconds(5), Retries = 2 });
        Enqueue(runner, 3);
        runner.Start();
        await Eventually.Is(() => Outcomes.Count == 3, "every item has an outcome");
        await runner.DrainAsync(Eventually.Deadline);
        var ids = Interventions.Many(3).ConvertAll(item => item.Id);
        Assert.Multiple(() =>
        {
            Assert.That(sink.Writes, Is.EqualTo(new[] { ids.ToArray(), [ids[1], ids[2]], [ids[1], ids[2]] }), "one try and two retries");
            Assert.That(Outcomes, Is.EquivalentTo(new[]
            {
                (ids[0], FinalOutcome.Delivered, (string?)null),
                (ids[1], FinalOutcome.Unmarked, "unmarked"),
                (ids[2], FinalOutcome.Unmarked, "unmarked"),
            }));
            Assert.That(runner.Unmarked, Is.EqualTo(6));
            Assert.That(runner.State.LastError, Is.EqualTo("unmarked"));
            Assert.That(sink.Connects, Is.EqualTo(1));
            Assert.That(Log.AtLeast(LogLevel.Error), Has.Exactly(1).Contains("unmarked"), "at most once a minute");
        });

        void DeliverFirst(DeliveryBatch batch, int index)
        {
            if (batch.Items[index].Id == Interventions.One(0).Id)
            {
                batch.Deliver(index);
            }
        }
    }

    [Test]
    public async Task A_sink_that_never_marks_items_does_not_open_the_circuit()
    {
        var sink = new ScriptedSink { MarksEveryItem = false };
        var runner = Runner(sink, Quick with { Batch = 1, Retries = 2, BreakAfter = 2 });
        Enqueue(runner, 20);
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Outcomes.Select(outcome => (outcome.Outcome, outcome.Reason)), Is.All.EqualTo((FinalOutcome.Unmarked, "unmarked")).And.Exactly(20).Items);
        Assert.That((sink.Writes.Count, runner.Unmarked, runner.State.Circuit), Is.EqualTo((60, 60L, CircuitState.Closed)));
    }

    [Test]
    public async Task Only_items_marked_for_retry_are_resent()
    {
        var tries = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) => Mark(batch, (b, i) =>
            {
                if (tries.AddOrUpdate(b.Items[i].Id, 1, (_, tried) => tried + 1) == 1 && i % 2 == 1)
                {
                    b.Retry(i, "busy");
                }
            }),
        };
        var runner = Runner(sink, Quick with { Batch = 6, BatchAge = TimeSpan.FromSeconds(5) });
        runner.Start();
        Enqueue(runner, 6);
        await Eventually.Is(() => Delivered(runner) == 6, "all delivered");
        await runner.DrainAsync(Eventually.Deadline);
        var ids = Interventions.Many(6).ConvertAll(item => item.Id);
        Assert.That(sink.Writes, Is.EqualTo(new[] { ids.ToArray(), [ids[1], ids[3], ids[5]] }));
        Assert.That(sink.Connects, Is.EqualTo(1), "a rejected item does not break the connection");
    }

    [Test]
    public async Task A_write_that_throws_is_retried_on_a_new_connection_without_delivered_items()
    {
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) =>
            {
                if (Interlocked.Increment(ref writes) > 1)
                {
                    return default;
                }

                batch.Deliver(0);
                batch.Reject(1, "no");
                throw new IOException("broken pipe");
            },
        };
        var runner = Runner(sink, Quick with { Batch = 4, BatchAge = TimeSpan.FromSeconds(5) });
        runner.Start();
        Enqueue(runner, 4);
        await Eventually.Is(() => Delivered(runner) == 3, "all but the rejected one delivered");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Writes[1], Is.EqualTo(Interventions.Many(2, first: 2).Select(item => item.Id)));
        Assert.That(sink.Connects, Is.EqualTo(2));
        Assert.That(runner.State.LastError, Is.EqualTo("IOException: broken pipe"));
    }

    [Test]
    public async Task A_final_failure_is_logged_once_without_personal_data()
    {
        var item = Interventions.One(0) with { UserId = "ann@example.org", CartId = "cart-4711", SessionId = "session-9" };
        var sink = new ScriptedSink
        {
            OnWrite = (_, _) => throw new IOException("550 <ann@example.org>\nno cart CART-4711 in session-9 of bob@example.com"),
        };
        var runner = Runner(sink, Quick with { Retries = 2 });
        runner.Start();
        runner.TryEnqueue(item);
        await Eventually.Is(() => runner.Count(item.Action, FinalOutcome.Failed) == 1, "the item has failed");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.Multiple(() =>
        {
            Assert.That(sink.Writes, Has.Count.EqualTo(3), "one try and two retries");
            var lines = Log.AtLeast(LogLevel.Information);
            Assert.That(lines.Count(line => line.Contains(item.Id)), Is.EqualTo(1));
            Assert.That(lines.Single(line => line.Contains(item.Id)), Does.Contain("after 3 attempts").And.Contain("550"));
            Assert.That(string.Join(' ', lines) + runner.State.LastError, Does.Not.Contain("example").And.Not.Contain("4711").And.Not.Contain("session-9"));
            Assert.That(lines, Has.None.Contains("\n"));
        });
    }

    [Test]
    public async Task Without_retries_a_failure_is_final()
    {
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => b.Retry(i, "busy")) };
        var runner = Runner(sink, Quick with { Retries = 0 });
        runner.Start();
        Enqueue(runner, 5);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Failed).And.Exactly(5).Items);
        Assert.That(sink.Writes.Sum(write => write.Length), Is.EqualTo(5));
    }

    [Test]
    public async Task The_receivers_retry_delay_is_honoured_up_to_a_minute()
    {
        var waits = new Queue<TimeSpan>([TimeSpan.FromSeconds(37), TimeSpan.FromHours(3)]);
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) => Mark(batch, (b, i) =>
            {
                if (waits.TryDequeue(out var wait))
                {
                    b.Retry(i, "busy", wait);
                }
            }),
        };
        var time = new SkippingTime(TimeSpan.FromSeconds(37), TimeSpan.FromMinutes(1));
        var runner = Runner(sink, Quick, time);
        runner.Start();
        runner.TryEnqueue(Interventions.One(0));
        await Eventually.Is(() => Delivered(runner) == 1, "delivered by the third attempt");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(time.Timers, Has.Exactly(1).EqualTo(TimeSpan.FromSeconds(37)).And.Exactly(1).EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(sink.Time, Is.SameAs(time), "the sink has the engine's clock");
    }

    [Test]
    public async Task A_sink_that_cannot_connect_keeps_its_queue()
    {
        var sink = new ScriptedSink { OnConnect = (time, _) => time < 4 ? throw new IOException("refused") : default };
        var runner = Runner(sink, Quick);
        Enqueue(runner, 10);
        runner.Start();
        await Eventually.Is(() => Delivered(runner) == 10, "all delivered");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Connects, Is.EqualTo(4));
        Assert.That(Log.AtLeast(LogLevel.Warning), Has.Exactly(3).Contains("cannot connect: IOException: refused"));
    }

    [Test]
    public async Task Connecting_never_overlaps_a_write()
    {
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnConnect = async (_, _) => await Task.Yield(),
            OnWrite = async (_, _) =>
            {
                await Task.Yield();
                if (Interlocked.Increment(ref writes) % 5 == 0)
                {
                    throw new IOException("broken");
                }
            },
        };
        var runner = Runner(sink, Quick with { Batch = 1, MaxInFlight = 4, Retries = 50 });
        runner.Start();
        Enqueue(runner, 200);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That((sink.Overlapped, Delivered(runner)), Is.EqualTo((false, 200)));
        Assert.That(sink.Connects, Is.GreaterThan(1));
    }

    [Test]
    public async Task A_cancelled_write_delivers_only_the_items_it_marked()
    {
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnWrite = async (batch, token) =>
            {
                if (Interlocked.Increment(ref writes) > 1)
                {
                    return;
                }

                batch.Deliver(0);
                await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TaskScheduler.Default);
            },
        };
        var runner = Runner(sink, Quick with { Batch = 2, BatchAge = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromMilliseconds(50) });
        runner.Start();
        Enqueue(runner, 2);
        await Eventually.Is(() => Delivered(runner) == 2, "both delivered");
        Assert.That(sink.Writes[1], Is.EqualTo(new[] { Interventions.One(1).Id }));
        Assert.That(runner.State.LastError, Is.EqualTo("not completed within 0.05 s"));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [TestCase("hangs and ignores its token")]
    [TestCase("blocks its thread")]
    [TestCase("throws at once")]
    [TestCase("throws from a callback on its token and hangs")]
    [TestCase("marks an item that there is not")]
    public async Task A_misbehaving_sink_fails_its_own_items_without_blocking(string how)
    {
        using var end = new ManualResetEventSlim();
        var ended = new TaskCompletionSource();
        var sink = new ScriptedSink
        {
            OnWrite = (batch, token) =>
            {
                switch (how)
                {
                    case "blocks its thread":
                        end.Wait(CancellationToken.None);
                        return default;
                    case "throws at once":
                        throw new InvalidOperationException("no");
                    case "marks an item that there is not":
                        batch.Retry(batch.Items.Count, "beyond the end");
                        return default;
                    case "throws from a callback on its token and hangs":
                        token.Register(() => throw new InvalidOperationException("no"));
                        return new ValueTask(ended.Task);
                    default:
                        return new ValueTask(ended.Task);
                }
            },
        };
        var options = Quick with { Batch = 2, MaxInFlight = 2, Queue = 10, Retries = 1, Timeout = TimeSpan.FromMilliseconds(20), BreakAfter = int.MaxValue };
        var runner = Runner(sink, options);
        var other = new SinkRunner("other", new ScriptedSink().Spec, Settings, Quick, TimeProvider.System, Log);
        runner.Start();
        other.Start();
        Enqueue(other, 100);
        await Eventually.Is(() => Delivered(other) == 100, "the other sink delivered");
        // How many are dropped depends on the sink's speed; each has an outcome.
        foreach (var item in Interventions.Many(40))
        {
            runner.TryEnqueue(item);
        }

        await Eventually.Is(() => Outcomes.Count == 40, "every item has an outcome");
        Assert.That(Outcomes.Select(outcome => outcome.Outcome),
            Is.All.EqualTo(FinalOutcome.Failed).Or.EqualTo(FinalOutcome.Dropped));
        Assert.That(Outcomes.Select(outcome => outcome.Outcome), Has.Some.EqualTo(FinalOutcome.Failed));
        Assert.That(sink.MostWriting, Is.LessThanOrEqualTo(2), "hanging writes keep their slots");
        Assert.That(runner.State.ConsecutiveFailures, Is.Positive);
        end.Set();
        ended.SetResult();
        await Task.WhenAll(runner.DrainAsync(Eventually.Deadline), other.DrainAsync(Eventually.Deadline));
    }

    [Test]
    public async Task A_sink_that_hung_is_reused_once_its_calls_return()
    {
        var hanging = new TaskCompletionSource();
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnWrite = (_, _) => Interlocked.Increment(ref writes) <= 2 ? new ValueTask(hanging.Task) : default,
        };
        var runner = Runner(sink, Quick with { Batch = 1, MaxInFlight = 2, Retries = 0, Timeout = TimeSpan.FromMilliseconds(20) });
        runner.Start();
        Enqueue(runner, 4);
        await Eventually.Is(() => Outcomes.Count == 4, "all items have failed");
        Assert.That(Outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Failed));
        hanging.SetResult();
        await Eventually.Is(() => runner.TryEnqueue(Interventions.One(4)) && Delivered(runner) > 0, "delivering again");
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_bounce_is_not_retried_and_is_reported_without_the_address()
    {
        var item = Interventions.One(0) with { Recipient = new Recipient(Phone: "+4915112345678", PushToken: "token:abc-4711") };
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => b.Bounce(i, "no such number: 4915112345678,\n0151 1234 5678 at token:abc-4711")) };
        var runner = Runner(sink, Quick);
        runner.Start();
        runner.TryEnqueue(item);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Outcomes, Is.EqualTo(new[] { (item.Id, FinalOutcome.Bounced, "no such number: ***, *** at ***") }));
        Assert.That((sink.Writes.Count, runner.Total(FinalOutcome.Bounced)), Is.EqualTo((1, 1L)));
    }
}
