using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Host.Jobs;

namespace CartRecovery.Tests.Hosting.Jobs;

public sealed class SinkProbeTests
{
    [Test]
    public async Task A_sink_that_hangs_or_throws_does_not_hide_the_others()
    {
        var log = new ConcurrentQueue<string>();
        var problems = await SinkProbe.RunAsync(
        [
            ("hanging", _ => new TaskCompletionSource<SinkHealth>().Task),
            ("broken", _ => throw new InvalidOperationException("no route")),
            ("down", _ => Task.FromResult(new SinkHealth(Healthy: false, "refused"))),
            ("fine", _ => Task.FromResult(new SinkHealth(Healthy: true, ""))),
        ], TimeSpan.FromMilliseconds(200), TimeProvider.System, log.Enqueue, CancellationToken.None);

        Assert.That(problems, Is.EqualTo(new[] { "hanging: no answer within 0.2 s", "broken: InvalidOperationException: no route", "down: refused" }));
        Assert.That(log, Has.Count.EqualTo(4));
    }

    [Test]
    public void A_run_that_is_cancelled_blames_no_sink()
    {
        using var stop = new CancellationTokenSource();
        var probe = SinkProbe.RunAsync([("hanging", _ => new TaskCompletionSource<SinkHealth>().Task)], TimeSpan.FromMinutes(1), TimeProvider.System, _ => { }, stop.Token);
        stop.Cancel();
        Assert.That(() => probe, Throws.InstanceOf<OperationCanceledException>());
    }
}
