using CartRecovery.Host.Backtests;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Backtests;

public sealed class ReplayGateTests
{
    [Test]
    public async Task An_erasure_ends_the_running_replay_which_begins_again_after_it()
    {
        var (gate, starts, running) = (new ReplayGate(), 0, 0);
        var (entered, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var replay = gate.ReplayAsync(async stop =>
        {
            Interlocked.Increment(ref starts);
            Interlocked.Increment(ref running);
            entered.TrySetResult();
            try
            {
                await end.Task.WaitAsync(stop);
                return 7;
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }, CancellationToken.None);
        await entered.Task;

        using (await gate.EraseAsync(CancellationToken.None).WaitAsync(Eventually.Deadline))
        {
            Assert.That((Volatile.Read(ref starts), Volatile.Read(ref running), replay.IsCompleted), Is.EqualTo((1, 0, false)));
        }

        end.SetResult();
        Assert.That((await replay.WaitAsync(Eventually.Deadline), starts), Is.EqualTo((7, 2)));
    }

    [Test]
    public async Task A_replay_that_is_cancelled_during_an_erasure_does_not_begin_again()
    {
        var (gate, starts) = (new ReplayGate(), 0);
        using var stop = new CancellationTokenSource();
        using (await gate.EraseAsync(CancellationToken.None))
        {
            var replay = gate.ReplayAsync(_ => Task.FromResult(++starts), stop.Token);
            await stop.CancelAsync();
            Assert.That(() => replay, Throws.InstanceOf<OperationCanceledException>());
        }

        Assert.That((await gate.ReplayAsync(_ => Task.FromResult(++starts), CancellationToken.None), starts), Is.EqualTo((1, 1)));
    }
}
