using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Delivery;

/// <summary>Batches, outcomes and limits of a sink.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SinkRunnerTests : SinkRunnerFixture
{
    [Test]
    public async Task Batches_complete_by_size_or_age()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, Quick with { Batch = 3, MaxInFlight = 1 });
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
        var runner = Runner(sink, Quick with { Batch = 4, BatchAge = TimeSpan.FromHours(1) });
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
        var runner = Runner(sink, Quick);
        runner.Start();
        Enqueue(runner, 9);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.Multiple(() =>
        {
            Assert.That(runner.Count(ActionKind.Reminder, FinalOutcome.Delivered), Is.EqualTo(3));
            Assert.That(runner.Count(ActionKind.Discount, FinalOutcome.Delivered), Is.Zero);
            Assert.That(runner.Count(ActionKind.Discount, FinalOutcome.Rejected), Is.EqualTo(3));
            Assert.That(runner.Count(ActionKind.Urgency, FinalOutcome.Delivered), Is.EqualTo(3));
            Assert.That(Outcomes.Select(outcome => outcome.Id).Order(), Is.EqualTo(Interventions.Many(9).Select(item => item.Id)));
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
    public async Task A_full_queue_drops_the_newest()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, Quick with { Queue = 3 });
        Assert.That(Interventions.Many(5).ConvertAll(runner.TryEnqueue), Is.EqualTo(new[] { true, true, true, false, false }));
        Assert.That((runner.QueueDepth, runner.Dropped), Is.EqualTo((3, 2L)));
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(sink.Writes.SelectMany(ids => ids), Is.EqualTo(Interventions.Many(3).Select(item => item.Id)));
        Assert.That(runner.TryEnqueue(Interventions.One(5)), Is.False, "a drained queue is closed");
        Assert.That(runner.Dropped, Is.EqualTo(3));
        Assert.That(Log.AtLeast(LogLevel.Warning), Has.Exactly(1).Contains("queue of 3 is full; 2 dropped"));
    }

    [Test]
    public void Enqueueing_into_a_full_queue_allocates_nothing()
    {
        var runner = new SinkRunner("sink", new ScriptedSink().Spec, Settings, Quick with { Queue = 100 }, TimeProvider.System, Log);
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
        var runner = Runner(sink, Quick with { Batch = 1, MaxInFlight = 3 });
        runner.Start();
        Enqueue(runner, 10);
        await Eventually.Is(() => sink.Writes.Count == 3, "three writes have started");
        Assert.That(runner.QueueDepth, Is.EqualTo(7), "the others are still queued");
        gate.Release(10);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That((sink.MostWriting, Delivered(runner)), Is.EqualTo((3, 10)));
    }

    [Test]
    public async Task An_observer_that_throws_has_no_effect()
    {
        var runner = new SinkRunner("sink", new ScriptedSink().Spec, Settings, Quick, TimeProvider.System, Log,
            (_, _) => throw new InvalidOperationException("observer"));
        runner.Start();
        Enqueue(runner, 5);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Delivered(runner), Is.EqualTo(5));
        Assert.That(Log.AtLeast(LogLevel.Error), Has.Exactly(5).Contains("a delivery observer threw"));
    }

    [Test]
    public async Task The_observer_receives_the_reason_unless_delivered()
    {
        var sink = new ScriptedSink { OnWrite = (batch, _) => Mark(batch, (b, i) => b.Retry(i, "busy with ann@example.org")) };
        var runner = Runner(sink, Quick with { Queue = 1, Retries = 0 });
        runner.TryEnqueue(Interventions.One(0));
        runner.TryEnqueue(Interventions.One(1));
        runner.Start();
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Outcomes.Select(outcome => (outcome.Outcome, outcome.Reason)), Is.EqualTo(new[]
        {
            (FinalOutcome.Dropped, "the queue was full"), (FinalOutcome.Failed, "busy with ***"),
        }));
    }

    [Test]
    public async Task The_free_slots_match_what_the_queue_accepts()
    {
        var runner = Runner(new ScriptedSink(), Quick with { Queue = 3 });
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
        var runner = Runner(sink, Quick with { Batch = 3, BatchAge = TimeSpan.FromSeconds(5) });
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
            Quick with { Batch = 0 }, Quick with { BatchAge = -TimeSpan.FromTicks(1) }, Quick with { Timeout = TimeSpan.Zero },
            Quick with { Retries = -1 }, Quick with { MaxInFlight = 0 }, Quick with { Queue = 0 }, Quick with { RateLimit = -1 }, Quick with { BreakAfter = 0 },
        })
        {
            Assert.That(() => Runner(new ScriptedSink(), options), Throws.InstanceOf<ArgumentOutOfRangeException>(), options.ToString());
        }
    }
}
