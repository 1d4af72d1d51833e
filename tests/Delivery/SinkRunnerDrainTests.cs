using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Delivery;

/// <summary>What a sink does when it is asked how it is, and when it ends.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
sealed class SinkRunnerDrainTests : SinkRunnerFixture
{
    [Test]
    public async Task Draining_delivers_the_queue()
    {
        var sink = new ScriptedSink { OnWrite = async (_, _) => await Task.Yield() };
        var runner = Runner(sink, Quick with { Batch = 7 });
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
        var runner = Runner(sink, Quick with { Batch = 10, MaxInFlight = 2, Timeout = TimeSpan.FromHours(1) });
        runner.Start();
        Enqueue(runner, 100);
        await runner.DrainAsync(TimeSpan.FromSeconds(2)).WaitAsync(Eventually.Deadline);
        await Eventually.Is(() => Outcomes.Count == 100, "every item has an outcome");
        Assert.That(Outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Kept));
        Assert.That(Log.AtLeast(LogLevel.Warning).Count(line => line.Contains("at stop")), Is.EqualTo(100));
        ever.SetResult();
    }

    [Test]
    public async Task Draining_a_sink_that_never_started_keeps_its_queue()
    {
        var sink = new ScriptedSink();
        var runner = Runner(sink, Quick);
        Enqueue(runner, 3);
        await runner.DrainAsync(Eventually.Deadline);
        Assert.That(Outcomes.Select(outcome => outcome.Outcome), Is.All.EqualTo(FinalOutcome.Kept).And.Exactly(3).Items);
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
        var runner = Runner(sink, Quick);
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
        var runner = Runner(sink, Quick, new SkippingTime(TimeSpan.FromSeconds(2)));
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
}
