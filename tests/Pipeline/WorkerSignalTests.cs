using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

public sealed class WorkerSignalTests
{
    // Longer than any test: an earlier return means a wake-up.
    const int Forever = 600_000;

    readonly WorkerSignal _signal = new();
    List<PartitionInbox> _inboxes = [];

    [SetUp]
    public void Open() => _inboxes = [.. Enumerable.Range(0, 3).Select(_ => new PartitionInbox(1) { Signal = _signal })];

    [Test]
    public void Any_inbox_wakes_the_worker([Range(0, 2)] int index, [Values] bool closes)
    {
        var worker = Wait(_inboxes);
        if (closes)
        {
            _inboxes[index].Close();
        }
        else
        {
            _inboxes[index].TryEnqueue("a");
        }

        Join(worker);
    }

    [Test]
    public void The_worker_does_not_wait_if_one_inbox_has_an_item()
    {
        _inboxes[2].TryEnqueue("a");
        _signal.Wait(Forever, _inboxes);
    }

    [Test]
    public void An_inbox_that_is_not_waited_for_does_not_wake_the_worker()
    {
        var worker = Wait([_inboxes[0], _inboxes[1]]);
        _inboxes[2].TryEnqueue("a");
        _inboxes[2].Close();
        Assert.That(IsBlocked(worker), Is.True);
        _inboxes[1].TryEnqueue("a");
        Join(worker);
    }

    [Test]
    public void Without_an_inbox_the_worker_waits_for_the_time()
    {
        var worker = Wait([], milliseconds: 1);
        Join(worker);
    }

    Thread Wait(List<PartitionInbox> inboxes, int milliseconds = Forever)
    {
        var thread = new Thread(() => _signal.Wait(milliseconds, inboxes)) { IsBackground = true };
        thread.Start();
        Assert.That(SpinWait.SpinUntil(() => IsBlocked(thread) || !thread.IsAlive, Eventually.Deadline), Is.True);
        return thread;
    }

    static void Join(Thread thread) => Assert.That(thread.Join(Eventually.Deadline), Is.True);

    static bool IsBlocked(Thread thread) => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;
}
