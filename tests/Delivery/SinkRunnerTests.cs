using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Delivery;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SinkRunnerTests
{
    static readonly SinkRunnerOptions s_quick = new()
    {
        BatchAge = TimeSpan.FromMilliseconds(5),
        Timeout = TimeSpan.FromSeconds(10),
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    readonly LogLines _log = new();
    readonly ConcurrentQueue<(string Id, FinalOutcome Outcome, string? Reason)> _outcomes = [];

    [TearDown]
    public void Close() => _log.Dispose();

    [Test]
    public async Task Batches_complete_by_size_or_age()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, s_quick with { Batch = 3, MaxInFlight = 1 });
        Enqueue(runner, 7);
        runner.Start();
        await Eventually.Is(() => Delivered(runner) == 7, "all delivered");
        Assert.That(sink.Writes.Select(write => write.Length), Is.EqualTo(new[] { 3, 3, 1 }));
        Assert.That(sink.Writes.SelectMany(ids => ids), Is.EqualTo(Interventions.Many(7).Select(item => item.Id)), "sequential writes keep the order");
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_batch_that_fills_is_sent_before_its_maximum_age()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, s_quick with { Batch = 4, BatchAge = TimeSpan.FromHours(1) });
        runner.Start();
        foreach (var intervention in Interventions.Many(8))
        {
            Assert.That(runner.TryEnqueue(intervention));
            await Task.Yield();
        }

        await Eventually.Is(() => Delivered(runner) == 8, "two full batches, an hour before their maximum age");
        runner.TryEnqueue(Interventions.One(8));
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Delivered(runner), Is.EqualTo(9), "draining does not wait for the maximum age");
    }

    [Test]
    public async Task Outcomes_are_counted_by_action_and_reported_once()
    {
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => RejectDiscounts(b, i)) };
        var runner = Runner(sink, s_quick);
        runner.Start();
        Enqueue(runner, 9);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.Multiple(() =>
        {
            Assert.That(runner.Count(ActionKind.Reminder, FinalOutcome.Delivered), Is.EqualTo(3));
            Assert.That(runner.Count(ActionKind.Discount, FinalOutcome.Delivered), Is.Zero);
            Assert.That(runner.Count(ActionKind.Discount, FinalOutcome.Rejected), Is.EqualTo(3));
            Assert.That(runner.Count(ActionKind.Urgency, FinalOutcome.Delivered), Is.EqualTo(3));
            Assert.That(_outcomes.Select(outcome => outcome.Id).Order(), Is.EqualTo(Interventions.Many(9).Select(item => item.Id)));
            Assert.That(sink.Writes.Sum(write => write.Length), Is.EqualTo(9), "rejected items are not retried");
            Assert.That(sink.Disposed);
        });

        static void RejectDiscounts(DeliveryBatch batch, int index)
        {
            if (batch.Items[index].Action == ActionKind.Discount)
            {
                batch.Reject(index, "no discounts here");
            }
        }
    }

    [Test]
    public async Task Unmarked_items_are_retried_and_finally_fail()
    {
        var sink = new ScriptedSink { MarksEveryItem = false, OnWrite = (batch, _) => Mark(batch, (b, i) => DeliverFirst(b, i)) };
        var runner = Runner(sink, s_quick with { Batch = 3, BatchAge = TimeSpan.FromSeconds(5), Retries = 2 });
        Enqueue(runner, 3);
        runner.Start();
        await Eventually.Is(() => _outcomes.Count == 3, "every item has an outcome");
        await runner.DrainAsync(Eventually.Deadline);
        var ids = Interventions.Many(3).ConvertAll(item => item.Id);
        Assert.Multiple(() =>
        {
            Assert.That(sink.Writes, Is.EqualTo(new[] { ids.ToArray(), [ids[1], ids[2]], [ids[1], ids[2]] }), "one try and two retries");
            Assert.That(_outcomes, Is.EquivalentTo(new[]
            {
                (ids[0], FinalOutcome.Delivered, (string?)null),
                (ids[1], FinalOutcome.Unmarked, "unmarked"),
                (ids[2], FinalOutcome.Unmarked, "unmarked"),
            }));
            Assert.That(runner.Unmarked, Is.EqualTo(6));
            Assert.That(runner.State.LastError, Is.EqualTo("unmarked"));
            Assert.That(sink.Connects, Is.EqualTo(1));
            Assert.That(_log.AtLeast(LogLevel.Error), Has.Exactly(1).Contains("unmarked"), "at most once a minute");
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
        var runner = Runner(sink, s_quick with { Batch = 1, Retries = 2, BreakAfter = 2 });
        Enqueue(runner, 20);
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => (outcome.Outcome, outcome.Reason)), Is.All.EqualTo((FinalOutcome.Unmarked, "unmarked")).And.Exactly(20).Items);
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
        var runner = Runner(sink, s_quick with { Batch = 6, BatchAge = TimeSpan.FromSeconds(5) });
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
        var runner = Runner(sink, s_quick with { Batch = 4, BatchAge = TimeSpan.FromSeconds(5) });
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
        var runner = Runner(sink, s_quick with { Retries = 2 });
        runner.Start();
        runner.TryEnqueue(item);
        await Eventually.Is(() => runner.Count(item.Action, FinalOutcome.Failed) == 1, "the item has failed");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.Multiple(() =>
        {
            Assert.That(sink.Writes, Has.Count.EqualTo(3), "one try and two retries");
            var lines = _log.AtLeast(LogLevel.Information);
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
        var runner = Runner(sink, s_quick with { Retries = 0 });
        runner.Start();
        Enqueue(runner, 5);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Failed).And.Exactly(5).Items);
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
        var runner = Runner(sink, s_quick, time);
        runner.Start();
        runner.TryEnqueue(Interventions.One(0));
        await Eventually.Is(() => Delivered(runner) == 1, "delivered by the third attempt");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(time.Timers, Has.Exactly(1).EqualTo(TimeSpan.FromSeconds(37)).And.Exactly(1).EqualTo(TimeSpan.FromMinutes(1)));
        Assert.That(sink.Time, Is.SameAs(time), "the sink has the engine's clock");
    }

    [Test]
    public async Task A_full_queue_drops_the_newest()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, s_quick with { Queue = 3 });
        Assert.That(Interventions.Many(5).ConvertAll(runner.TryEnqueue), Is.EqualTo(new[] { true, true, true, false, false }));
        Assert.That((runner.QueueDepth, runner.Dropped), Is.EqualTo((3, 2L)));
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Writes.SelectMany(ids => ids), Is.EqualTo(Interventions.Many(3).Select(item => item.Id)));
        Assert.That(runner.TryEnqueue(Interventions.One(5)), Is.False, "a drained queue is closed");
        Assert.That(runner.Dropped, Is.EqualTo(3));
        Assert.That(_log.AtLeast(LogLevel.Warning), Has.Exactly(1).Contains("queue of 3 is full; 2 dropped"));
    }

    [Test]
    public void Enqueueing_into_a_full_queue_allocates_nothing()
    {
        var runner = new SinkRunner("sink", new ScriptedSink().Spec, Settings, s_quick with { Queue = 100 }, TimeProvider.System, _log);
        var item = Interventions.One(0);
        for (var i = 0; i < 200; i++)
        {
            runner.TryEnqueue(item);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            runner.TryEnqueue(item);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public async Task Concurrent_writes_are_bounded()
    {
        using var gate = new SemaphoreSlim(0);
        var sink = new ScriptedSink { OnWrite = async (_, token) => await gate.WaitAsync(token) };
        var runner = Runner(sink, s_quick with { Batch = 1, MaxInFlight = 3 });
        runner.Start();
        Enqueue(runner, 10);
        await Eventually.Is(() => sink.Writes.Count == 3, "three writes have started");
        Assert.That(runner.QueueDepth, Is.EqualTo(7), "the others are still queued");
        gate.Release(10);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That((sink.MostWriting, Delivered(runner)), Is.EqualTo((3, 10)));
    }

    [Test]
    public async Task A_sink_that_cannot_connect_keeps_its_queue()
    {
        var sink = new ScriptedSink { OnConnect = (time, _) => time < 4 ? throw new IOException("refused") : default };
        var runner = Runner(sink, s_quick);
        Enqueue(runner, 10);
        runner.Start();
        await Eventually.Is(() => Delivered(runner) == 10, "all delivered");
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Connects, Is.EqualTo(4));
        Assert.That(_log.AtLeast(LogLevel.Warning), Has.Exactly(3).Contains("cannot connect: IOException: refused"));
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
        var runner = Runner(sink, s_quick with { Batch = 1, MaxInFlight = 4, Retries = 50 });
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
        var runner = Runner(sink, s_quick with { Batch = 2, BatchAge = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromMilliseconds(50) });
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
        var options = s_quick with { Batch = 2, MaxInFlight = 2, Queue = 10, Retries = 1, Timeout = TimeSpan.FromMilliseconds(20), BreakAfter = int.MaxValue };
        var runner = Runner(sink, options);
        var other = new SinkRunner("other", new ScriptedSink().Spec, Settings, s_quick, TimeProvider.System, _log);
        runner.Start();
        other.Start();
        Enqueue(other, 100);
        await Eventually.Is(() => Delivered(other) == 100, "the other sink delivered");
        // How many are dropped depends on the sink's speed; each has an outcome.
        foreach (var item in Interventions.Many(40))
        {
            runner.TryEnqueue(item);
        }

        await Eventually.Is(() => _outcomes.Count == 40, "every item has an outcome");
        Assert.That(_outcomes.Select(outcome => outcome.Outcome),
            Is.All.EqualTo(FinalOutcome.Failed).Or.EqualTo(FinalOutcome.Dropped));
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Has.Some.EqualTo(FinalOutcome.Failed));
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
        var runner = Runner(sink, s_quick with { Batch = 1, MaxInFlight = 2, Retries = 0, Timeout = TimeSpan.FromMilliseconds(20) });
        runner.Start();
        Enqueue(runner, 4);
        await Eventually.Is(() => _outcomes.Count == 4, "all items have failed");
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Failed));
        hanging.SetResult();
        await Eventually.Is(() => runner.TryEnqueue(Interventions.One(4)) && Delivered(runner) > 0, "delivering again");
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task Draining_delivers_the_queue()
    {
        var sink = new ScriptedSink { OnWrite = async (_, _) => await Task.Yield() };
        var runner = Runner(sink, s_quick with { Batch = 7 });
        runner.Start();
        Enqueue(runner, 1000);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That((Delivered(runner), runner.QueueDepth, sink.Disposed), Is.EqualTo((1000, 0, true)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Draining_ends_at_its_deadline_and_keeps_undelivered_items(bool connects)
    {
        var ever = new TaskCompletionSource();
        var sink = new ScriptedSink
        {
            OnConnect = (_, _) => connects ? default : new ValueTask(ever.Task),
            OnWrite = (_, _) => new ValueTask(ever.Task),
        };
        var runner = Runner(sink, s_quick with { Batch = 10, MaxInFlight = 2, Timeout = TimeSpan.FromHours(1) });
        runner.Start();
        Enqueue(runner, 100);
        await runner.DrainAsync(TimeSpan.FromSeconds(2)).WaitAsync(Eventually.Deadline);
        await Eventually.Is(() => _outcomes.Count == 100, "every item has an outcome");
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Kept));
        Assert.That(_log.AtLeast(LogLevel.Warning).Count(line => line.Contains("at stop")), Is.EqualTo(100));
        ever.SetResult();
    }

    [Test]
    public async Task Draining_a_sink_that_never_started_keeps_its_queue()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, s_quick);
        Enqueue(runner, 3);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Kept).And.Exactly(3).Items);
        Assert.That((sink.Connects, sink.Disposed), Is.EqualTo((0, true)));
    }

    [Test]
    public async Task Health_combines_the_connection_and_the_sinks_own_check()
    {
        var refused = true;
        var sink = new ScriptedSink
        {
            OnConnect = (_, _) => Volatile.Read(ref refused) ? throw new IOException("refused") : default,
            OnHealth = _ => ValueTask.FromResult(new SinkHealth(true, "at 10.0.0.1")),
        };
        var runner = Runner(sink, s_quick);
        Assert.That((await runner.CheckHealthAsync(default)).Health, Is.EqualTo(new SinkHealth(false, "not connected yet")));
        runner.Start();
        await Eventually.Is(() => runner.State.LastError is not null, "the first connect failed");
        Assert.That((await runner.CheckHealthAsync(default)).Health, Is.EqualTo(new SinkHealth(false, "not connected: IOException: refused")));
        Volatile.Write(ref refused, false);
        await Eventually.Is(() => runner.State.Connected, "connected");
        var report = await runner.CheckHealthAsync(default);
        Assert.That((report.Name, report.Type, report.Health), Is.EqualTo(("sink", "scripted", new SinkHealth(true, "at 10.0.0.1"))));
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That((await runner.CheckHealthAsync(default)).Health, Is.EqualTo(new SinkHealth(false, "closed")));
    }

    [Test]
    public async Task A_hanging_health_check_is_called_once_and_reported()
    {
        var asked = 0;
        var ever = new TaskCompletionSource<SinkHealth>();
        var sink = new ScriptedSink
        {
            OnHealth = _ =>
            {
                Interlocked.Increment(ref asked);
                return new ValueTask<SinkHealth>(ever.Task);
            },
        };
        var runner = Runner(sink, s_quick, new SkippingTime(TimeSpan.FromSeconds(2)));
        runner.Start();
        await Eventually.Is(() => runner.State.Connected, "connected");
        for (var i = 0; i < 3; i++)
        {
            var report = await runner.CheckHealthAsync(default);
            Assert.That(report.Health, Is.EqualTo(new SinkHealth(false, "the sink did not answer within 2 s")));
        }

        await Eventually.Is(() => asked > 0, "asked");
        Assert.That(asked, Is.EqualTo(1));
        ever.SetResult(new SinkHealth(true, "late"));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task An_observer_that_throws_has_no_effect()
    {
        var runner = new SinkRunner("sink", new ScriptedSink().Spec, Settings, s_quick, TimeProvider.System, _log,
            (_, _) => throw new InvalidOperationException("observer"));
        runner.Start();
        Enqueue(runner, 5);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Delivered(runner), Is.EqualTo(5));
        Assert.That(_log.AtLeast(LogLevel.Error), Has.Exactly(5).Contains("a delivery observer threw"));
    }

    [Test]
    public async Task A_bounce_is_not_retried_and_is_reported_without_the_address()
    {
        var item = Interventions.One(0) with { Recipient = new Recipient(Phone: "+4915112345678", PushToken: "token:abc-4711") };
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => b.Bounce(i, "no such number: 4915112345678,\ntoken:abc-4711")) };
        var runner = Runner(sink, s_quick);
        runner.Start();
        runner.TryEnqueue(item);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes, Is.EqualTo(new[] { (item.Id, FinalOutcome.Bounced, "no such number: ***, ***") }));
        Assert.That((sink.Writes.Count, runner.Total(FinalOutcome.Bounced)), Is.EqualTo((1, 1L)));
    }

    [Test]
    public async Task The_observer_receives_the_reason_unless_delivered()
    {
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => b.Retry(i, "busy with ann@example.org")) };
        var runner = Runner(sink, s_quick with { Queue = 1, Retries = 0 });
        runner.TryEnqueue(Interventions.One(0));
        runner.TryEnqueue(Interventions.One(1));
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => (outcome.Outcome, outcome.Reason)), Is.EqualTo(new[]
        {
            (FinalOutcome.Dropped, "the queue was full"), (FinalOutcome.Failed, "busy with ***"),
        }));
    }

    [Test]
    public async Task The_free_slots_match_what_the_queue_accepts()
    {
        var runner = Runner(new ScriptedSink(), s_quick with { Queue = 3 });
        Assert.That(runner.FreeCapacity, Is.EqualTo(3));
        Enqueue(runner, 2);
        Assert.That(runner.FreeCapacity, Is.EqualTo(1));
        runner.TryEnqueue(Interventions.One(2));
        runner.TryEnqueue(Interventions.One(3));
        Assert.That(runner.FreeCapacity, Is.Zero);
        runner.Start();
        await Eventually.Is(() => runner.FreeCapacity == 3, "all items are accepted");
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task Retries_and_write_durations_are_counted()
    {
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) => Interlocked.Increment(ref writes) == 1 ? Mark(batch, (b, i) => b.Retry(i, "busy")) : default,
        };
        var runner = Runner(sink, s_quick with { Batch = 3, BatchAge = TimeSpan.FromSeconds(5) });
        Enqueue(runner, 3);
        runner.Start();
        await Eventually.Is(() => Delivered(runner) == 3, "delivered by the second attempt");
        Assert.That((runner.Retried, runner.Writes), Is.EqualTo((3L, 2L)));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public void Options_out_of_range_are_rejected()
    {
        foreach (var options in new[]
        {
            s_quick with { Batch = 0 }, s_quick with { BatchAge = -TimeSpan.FromTicks(1) }, s_quick with { Timeout = TimeSpan.Zero },
            s_quick with { Retries = -1 }, s_quick with { MaxInFlight = 0 }, s_quick with { Queue = 0 }, s_quick with { RateLimit = -1 }, s_quick with { BreakAfter = 0 },
        })
        {
            Assert.That(() => Runner(new ScriptedSink(), options), Throws.InstanceOf<ArgumentOutOfRangeException>(), options.ToString());
        }
    }

    static SinkSettings Settings => new("sink", new ScriptedSink().Spec, new Dictionary<string, string>(StringComparer.Ordinal));

    SinkRunner Runner(ScriptedSink sink, SinkRunnerOptions options, TimeProvider? time = null)
    {
        return new SinkRunner("sink", sink.Spec, Settings, options, time ?? TimeProvider.System, _log,
            (item, result) => _outcomes.Enqueue((item.Id, result.Outcome, result.Reason)));
    }

    static void Enqueue(SinkRunner runner, int count)
    {
        foreach (var item in Interventions.Many(count))
        {
            Assert.That(runner.TryEnqueue(item));
        }
    }

    static int Delivered(SinkRunner runner) =>
        Enum.GetValues<ActionKind>().Sum(action => (int)runner.Count(action, FinalOutcome.Delivered));

    static ValueTask Mark(DeliveryBatch batch, Action<DeliveryBatch, int> mark)
    {
        for (var i = 0; i < batch.Items.Count; i++)
        {
            mark(batch, i);
        }

        return default;
    }
}
