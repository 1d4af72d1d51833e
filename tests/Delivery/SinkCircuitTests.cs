using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Delivery;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable]
sealed class SinkCircuitTests
{
    static readonly SinkRunnerOptions s_quick = new()
    {
        Batch = 2,
        BatchAge = TimeSpan.Zero,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        BreakAfter = 3,
    };

    readonly LogLines _log = new();
    readonly ConcurrentQueue<(string Id, FinalOutcome Outcome)> _outcomes = [];
    volatile bool _down = true;

    [TearDown]
    public void Close() => _log.Dispose();

    [TestCase(true)]
    [TestCase(false)]
    public async Task An_outage_fails_nothing_and_everything_is_delivered_afterwards(bool throws)
    {
        var sink = Sink(throws);
        var runner = Runner(sink, s_quick with { Retries = 3, MaxInFlight = 2 });
        runner.Start();
        Enqueue(runner, 50);
        // Many more writes fail than there are retries.
        await Eventually.Is(() => sink.Writes.Count >= 10, "probes");
        Assert.That(_outcomes, Is.Empty);
        Assert.That(runner.QueueDepth, Is.GreaterThanOrEqualTo(46), "two writes of two items are pending");
        Assert.That(runner.State.Circuit, Is.Not.EqualTo(CircuitState.Closed));
        var health = (await runner.CheckHealthAsync(default)).Health;
        Assert.That(health.Healthy, Is.False);
        _down = false;
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Delivered).And.Exactly(50).Items);
        Assert.That(runner.State.Circuit, Is.EqualTo(CircuitState.Closed));
        Assert.That(_log.AtLeast(Microsoft.Extensions.Logging.LogLevel.Information), Has.Exactly(1).Contains("has recovered"));
    }

    [Test]
    public async Task What_expires_while_the_circuit_is_open_is_given_back_and_not_sent()
    {
        var sink = Sink(throws: true);
        var runner = Runner(sink, s_quick with { Batch = 1 });
        runner.Start();
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(300);
        var items = Interventions.Many(3).ToArray();
        Assert.That(runner.TryEnqueue(items[0] with { UsefulUntil = until }));
        Assert.That(runner.TryEnqueue(items[1] with { UsefulUntil = until + TimeSpan.FromDays(1) }));
        Assert.That(runner.TryEnqueue(items[2]));
        await Eventually.Is(() => _outcomes.Contains((items[0].Id, FinalOutcome.Postponed)), "the first is given back");
        var writes = sink.Writes.Count;
        _down = false;
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Writes.Skip(writes).SelectMany(ids => ids), Has.None.EqualTo(items[0].Id));
        Assert.That(_outcomes, Is.EquivalentTo(new[]
        {
            (items[0].Id, FinalOutcome.Postponed), (items[1].Id, FinalOutcome.Delivered), (items[2].Id, FinalOutcome.Delivered),
        }));
    }

    [Test]
    public async Task An_open_circuit_allows_one_write_at_a_time()
    {
        var (now, isOpen, running) = (0, false, new ConcurrentQueue<int>());
        var sink = new ScriptedSink
        {
            OnWrite = async (_, _) =>
            {
                if (!_down)
                {
                    return;
                }

                var isProbe = Volatile.Read(ref isOpen);
                var count = Interlocked.Increment(ref now);
                await Task.Delay(2, CancellationToken.None);
                Interlocked.Decrement(ref now);
                if (isProbe)
                {
                    running.Enqueue(count);
                }

                throw new IOException("down");
            },
        };
        var runner = Runner(sink, s_quick with { MaxInFlight = 8 });
        runner.Start();
        Enqueue(runner, 50);
        await Eventually.Is(() => runner.State.Circuit != CircuitState.Closed && Volatile.Read(ref now) == 0, "the circuit opens");
        Volatile.Write(ref isOpen, true);
        await Eventually.Is(() => running.Count >= 8, "probes");
        // The first ones may have been let in before the circuit opened.
        Assert.That(running.Skip(4), Is.All.EqualTo(1));
        _down = false;
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Count(outcome => outcome.Outcome == FinalOutcome.Delivered), Is.EqualTo(50));
    }

    [Test]
    public async Task A_poison_intervention_does_not_block_the_others()
    {
        var poison = Interventions.One(0).Id;
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) => batch.Items.Any(item => item.Id == poison) ? throw new IOException("no") : default,
        };
        var runner = Runner(sink, s_quick with { Batch = 1, Retries = 3, MaxInFlight = 2 });
        runner.Start();
        Enqueue(runner, 1);
        await Eventually.Is(() => runner.State.Circuit != CircuitState.Closed, "it alone opened the circuit");
        foreach (var item in Interventions.Many(20, first: 1))
        {
            runner.TryEnqueue(item);
        }

        await Eventually.Is(() => _outcomes.Count == 21, "every item has an outcome");
        Assert.That(_outcomes.Where(outcome => outcome.Outcome != FinalOutcome.Delivered),
            Is.EqualTo(new[] { (poison, FinalOutcome.Failed) }));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_poison_intervention_eventually_fails()
    {
        var poison = Interventions.One(0).Id;
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) => batch.Items.Any(item => item.Id == poison) ? throw new IOException("no") : default,
        };
        var skipped = new ImmediateTime();
        var runner = Runner(sink, s_quick with { MaxInFlight = 1, Retries = 4 }, skipped);
        Enqueue(runner, 6);
        runner.Start();
        await Eventually.Is(() => _outcomes.Count == 6, "every item has an outcome");
        Assert.That(_outcomes.Where(outcome => outcome.Outcome != FinalOutcome.Delivered),
            Is.EqualTo(new[] { (poison, FinalOutcome.Failed) }));
        Assert.That(sink.Writes, Has.Count.GreaterThan(100));
        Assert.That(skipped.Longest, Is.LessThanOrEqualTo(TimeSpan.FromMinutes(1)));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task An_open_circuit_honours_the_receivers_retry_delay()
    {
        var asked = TimeSpan.FromSeconds(41);
        var writes = 0;
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) =>
            {
                if (Interlocked.Increment(ref writes) <= 4)
                {
                    batch.Retry(0, "busy", writes < 4 ? null : asked);
                }

                return default;
            },
        };
        var time = new SkippingTime(asked);
        var runner = Runner(sink, s_quick, time);
        Enqueue(runner, 1);
        runner.Start();
        await Eventually.Is(() => _outcomes.Count == 1, "delivered");
        Assert.That(time.Timers, Has.Exactly(1).EqualTo(asked));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_rejection_by_the_receiver_does_not_open_the_circuit()
    {
        var sink = new ScriptedSink
        {
            OnWrite = (batch, _) =>
            {
                batch.Reject(0, "no");
                return default;
            },
        };
        var runner = Runner(sink, s_quick with { Batch = 1 });
        Enqueue(runner, 30);
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Rejected).And.Exactly(30).Items);
        Assert.That(_log.AtLeast(Microsoft.Extensions.Logging.LogLevel.Warning), Has.None.Contains("consecutive writes"));
    }

    [Test]
    public async Task A_drain_with_an_open_circuit_ends_at_its_deadline_and_keeps_the_queue()
    {
        var runner = Runner(Sink(throws: true), s_quick with { RetryDelay = TimeSpan.FromMilliseconds(1), MaxInFlight = 2 });
        runner.Start();
        Enqueue(runner, 20);
        await Eventually.Is(() => runner.State.Circuit == CircuitState.Open, "open");
        await runner.DrainAsync(TimeSpan.FromSeconds(1)).WaitAsync(Eventually.Deadline);
        await Eventually.Is(() => _outcomes.Count == 20, "every item has an outcome");
        Assert.That(_outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Kept));
    }

    [Test]
    public async Task A_refused_sender_halts_the_sink_gives_back_what_waits_and_resumes_with_the_next_acceptance()
    {
        var sink = new ScriptedSink
        {
            MarksEveryItem = false,
            OnWrite = (batch, _) =>
            {
                if (_down)
                {
                    batch.Halt(0, "the sender was rejected with 550 5.1.8");
                    for (var i = 1; i < batch.Items.Count; i++)
                    {
                        batch.Skip(i, "the sender was rejected with 550 5.1.8");
                    }
                }
                else
                {
                    batch.DeliverRemaining();
                }

                return default;
            },
        };
        var runner = Runner(sink, s_quick with { Batch = 10, BatchAge = TimeSpan.FromSeconds(5), MaxInFlight = 1, Retries = 0 }, new SkippingTime(TimeSpan.FromSeconds(10)));
        Enqueue(runner, 10);
        runner.Start();
        await Eventually.Is(() => _outcomes.Count == 9, "one was refused, and all but the probe are given back");
        Assert.That(_outcomes.Select(o => o.Outcome), Is.All.EqualTo(FinalOutcome.Postponed));
        var health = (await runner.CheckHealthAsync(default)).Health;
        Assert.That((health.Healthy, health.Detail), Is.EqualTo((false, "stopped: the sender was rejected with 550 5.1.8")));
        Assert.That((runner.State.Halt, runner.FreeCapacity), Is.EqualTo(("the sender was rejected with 550 5.1.8", 1)));
        Assert.That(_log.AtLeast(Microsoft.Extensions.Logging.LogLevel.Error), Has.Exactly(1).Contains("has stopped until the receiver accepts a probe"));
        _down = false;
        await Eventually.Is(() => _outcomes.Any(o => o.Outcome == FinalOutcome.Delivered), "the probe is delivered");
        await Eventually.Is(() => runner.State.Halt is null, "the sink goes on");
        Assert.That(runner.FreeCapacity, Is.GreaterThan(1));
        await runner.DrainAsync(Eventually.Deadline);
    }

    [Test]
    public async Task A_receiver_that_wants_no_more_is_never_written_to_again()
    {
        var sink = new ScriptedSink { MarksEveryItem = false, OnWrite = (batch, _) => Disable(batch) };
        var runner = Runner(sink, s_quick with { Batch = 2, MaxInFlight = 1 });
        runner.Start();
        Enqueue(runner, 1);
        await Eventually.Is(() => runner.State.Halt is not null, "disabled");
        Assert.That((runner.FreeCapacity, sink.Writes.Count), Is.EqualTo((0, 1)));
        Enqueue(runner, 5);
        await Eventually.Is(() => _outcomes.Count == 6, "what comes later is given back");
        Assert.That(_outcomes.Select(o => o.Outcome), Is.All.EqualTo(FinalOutcome.Postponed));
        Assert.That(sink.Writes, Has.Count.EqualTo(1));
        await runner.DrainAsync(Eventually.Deadline);

        static ValueTask Disable(DeliveryBatch batch)
        {
            for (var i = 0; i < batch.Items.Count; i++)
            {
                batch.Disable(i, "answered 410 Gone");
            }

            return default;
        }
    }

    [Test]
    public async Task What_was_not_tried_uses_up_no_try()
    {
        var writes = 0;
        var sink = new ScriptedSink
        {
            MarksEveryItem = false,
            OnWrite = (batch, _) =>
            {
                // The first of each batch is the receiver's to decide on; the last is tried in the last write alone.
                if (++writes < 3)
                {
                    batch.Postpone(0, "busy");
                    for (var i = 1; i < batch.Items.Count; i++)
                    {
                        batch.Skip(i, "no session");
                    }
                }
                else
                {
                    batch.DeliverRemaining();
                }

                return default;
            },
        };
        var runner = Runner(sink, s_quick with { Batch = 3, BatchAge = TimeSpan.FromSeconds(5), Retries = 0 });
        Enqueue(runner, 3);
        runner.Start();
        await Eventually.Is(() => _outcomes.Count == 3, "each has an outcome");
        Assert.That(_outcomes.Select(o => o.Outcome), Is.EqualTo(new[] { FinalOutcome.Postponed, FinalOutcome.Postponed, FinalOutcome.Delivered }));
        Assert.That(runner.State.Circuit, Is.EqualTo(CircuitState.Closed));
        await runner.DrainAsync(Eventually.Deadline);
    }

    ScriptedSink Sink(bool throws) => new()
    {
        OnWrite = (batch, _) =>
        {
            if (!_down)
            {
                return default;
            }

            if (throws)
            {
                throw new IOException("down");
            }

            for (var i = 0; i < batch.Items.Count; i++)
            {
                batch.Retry(i, "down");
            }

            return default;
        },
    };

    SinkRunner Runner(ScriptedSink sink, SinkRunnerOptions options, TimeProvider? time = null) =>
        new("sink", sink.Spec, new("sink", sink.Spec, new Dictionary<string, string>(StringComparer.Ordinal)), options, time ?? TimeProvider.System, _log,
            (item, result) => _outcomes.Enqueue((item.Id, result.Outcome)));

    static void Enqueue(SinkRunner runner, int count)
    {
        foreach (var item in Interventions.Many(count))
        {
            Assert.That(runner.TryEnqueue(item));
        }
    }

    // Every delay except a call's timeout elapses immediately.
    sealed class ImmediateTime : TimeProvider
    {
        public TimeSpan Longest { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != s_quick.Timeout && dueTime > Longest)
            {
                Longest = dueTime;
            }

            return System.CreateTimer(callback, state, dueTime == s_quick.Timeout ? dueTime : TimeSpan.FromMilliseconds(1), period);
        }
    }
}
