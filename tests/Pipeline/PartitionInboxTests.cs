using System.Threading.Channels;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Pipeline;

public sealed class PartitionInboxTests
{
    // Longer than any test: an earlier return means a wake-up.
    const int Forever = 600_000;

    [Test]
    public void The_inbox_is_first_in_first_out_up_to_its_capacity()
    {
        var inbox = new PartitionInbox(2);
        Assert.That((inbox.TryEnqueue("a"), inbox.TryEnqueue("b"), inbox.TryEnqueue("c"), inbox.Depth), Is.EqualTo((true, true, false, 2)));
        Assert.That((inbox.TryDequeue(out var first), first), Is.EqualTo((true, "a")));
        Assert.That(inbox.TryEnqueue("d"), Is.True);
        Assert.That((inbox.TryDequeue(out var second), second), Is.EqualTo((true, "b")));
        Assert.That((inbox.TryDequeue(out var third), third), Is.EqualTo((true, "d")));
        Assert.That((inbox.TryDequeue(out _), inbox.Depth), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task A_writer_to_a_full_inbox_waits_for_room()
    {
        var inbox = new PartitionInbox(1);
        inbox.TryEnqueue("a");
        var waiting = inbox.EnqueueAsync("b", default).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);

        inbox.TryDequeue(out _);
        await waiting.WaitAsync(Eventually.Deadline);
        Assert.That((inbox.TryDequeue(out var item), item), Is.EqualTo((true, "b")));
    }

    [Test]
    public async Task A_wait_for_room_can_be_cancelled()
    {
        var inbox = new PartitionInbox(1);
        inbox.TryEnqueue("a");
        using var cancel = new CancellationTokenSource();
        var waiting = inbox.EnqueueAsync("b", cancel.Token).AsTask();
        await cancel.CancelAsync();
        Assert.That(async () => await waiting.WaitAsync(Eventually.Deadline), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(inbox.Depth, Is.EqualTo(1));
    }

    [Test]
    public async Task The_worker_wakes_on_an_item_or_on_close([Values] bool closes)
    {
        var inbox = new PartitionInbox(1);
        var woken = Worker(() => inbox.Signal.Wait(Forever, [inbox]));
        await Eventually.Is(() => IsBlocked(woken.Thread), "the worker waits");

        if (closes)
        {
            inbox.Close();
        }
        else
        {
            inbox.TryEnqueue("a");
        }

        await woken.Done.WaitAsync(Eventually.Deadline);
    }

    [Test]
    public async Task The_worker_does_not_wait_with_items_pending_or_once_closed([Values] bool closed)
    {
        var inbox = new PartitionInbox(1);
        if (closed)
        {
            inbox.Close();
        }
        else
        {
            inbox.TryEnqueue("a");
        }

        await Worker(() => inbox.Signal.Wait(Forever, [inbox])).Done.WaitAsync(Eventually.Deadline);
    }

    [Test]
    public async Task The_worker_wakes_at_its_timeout()
    {
        var inbox = new PartitionInbox(1);
        await Worker(() => inbox.Signal.Wait(1, [inbox])).Done.WaitAsync(Eventually.Deadline);
    }

    [Test]
    public void A_closed_inbox_accepts_nothing_and_yields_its_items()
    {
        var inbox = new PartitionInbox(2);
        inbox.TryEnqueue("a");
        inbox.Close();
        inbox.Close();

        Assert.That((inbox.TryEnqueue("b"), inbox.IsDone), Is.EqualTo((false, false)));
        Assert.That(async () => await inbox.EnqueueAsync("b", default), Throws.InstanceOf<ChannelClosedException>());
        Assert.That((inbox.TryDequeue(out var item), item, inbox.IsDone), Is.EqualTo((true, "a", true)));
    }

    [Test]
    public void A_waiting_writer_is_notified_of_the_close()
    {
        var inbox = new PartitionInbox(1);
        inbox.TryEnqueue("a");
        var waiting = inbox.EnqueueAsync("b", default).AsTask();
        inbox.Close();
        Assert.That(async () => await waiting.WaitAsync(Eventually.Deadline), Throws.InstanceOf<ChannelClosedException>());
    }

    [Test]
    public async Task Concurrent_writers_lose_nothing_and_keep_their_order()
    {
        const int Writers = 4, Items = 5000;
        var inbox = new PartitionInbox(16);
        var next = new int[Writers];
        var worker = Worker(() =>
        {
            while (!inbox.IsDone)
            {
                while (inbox.TryDequeue(out var item))
                {
                    var (writer, number) = ((int, int))item;
                    if (next[writer]++ != number)
                    {
                        throw new InvalidOperationException($"{number} of writer {writer} is out of order");
                    }
                }

                inbox.Signal.Wait(Forever, [inbox]);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var number = 0; number < Items; number++)
            {
                if (!inbox.TryEnqueue((writer, number)))
                {
                    await inbox.EnqueueAsync((writer, number), default);
                }
            }
        }))).WaitAsync(TimeSpan.FromMinutes(1));
        inbox.Close();
        await worker.Done.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.That(next, Is.All.EqualTo(Items));
    }

    static (Thread Thread, Task Done) Worker(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (InvalidOperationException e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true };
        thread.Start();
        return (thread, done.Task);
    }

    static bool IsBlocked(Thread thread) => (thread.ThreadState & ThreadState.WaitSleepJoin) != 0;
}
