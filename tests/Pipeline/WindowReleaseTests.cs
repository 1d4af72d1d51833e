using CartRecovery.Engine.Pipeline;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Support;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>The window of an offer that nobody saw is free again.</summary>
public sealed class WindowReleaseTests
{
    readonly Hash128 _cart = EventReading.KeyOf("c1");

    [Test]
    public async Task A_freed_window_can_be_taken_at_once_and_stays_free_after_a_restart()
    {
        using var scratch = new Scratch();
        using (var set = Open(scratch.PathOf("engine")))
        {
            Assert.That(await TakenAfterAsync(set, Of("begin_checkout")), Is.EqualTo(Start));
            Assert.That(await TakenAfterAsync(set, Of("begin_checkout").After(Minute)), Is.EqualTo(Start), "the window holds");
            set.ReleaseWindow(_cart, Start - 1, "begun");
            Assert.That(await TakenAfterAsync(set), Is.EqualTo(Start), "another decision's");
            set.ReleaseWindow(_cart, Start, "begun");
            Assert.That(await TakenAfterAsync(set), Is.Zero);
            Assert.That(await TakenAfterAsync(set, Of("begin_checkout").After(2 * Minute)), Is.EqualTo(Start + (2 * Minute)));
            set.ReleaseWindow(_cart, Start, "begun");
            Assert.That(await TakenAfterAsync(set), Is.EqualTo(Start + (2 * Minute)), "a later decision keeps its own");
            set.ReleaseWindow(_cart, Start + (2 * Minute), "a campaign that is gone");
            Assert.That(await TakenAfterAsync(set), Is.Zero);

            // As after a crash: the state comes from the journal alone.
            foreach (var file in Directory.GetFiles(scratch.PathOf("engine"), "*", SearchOption.AllDirectories))
            {
                var copy = scratch.PathOf(Path.Combine("crashed", Path.GetRelativePath(scratch.PathOf("engine"), file)));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            set.Stop();
        }

        using var again = Open(scratch.PathOf("crashed"));
        Assert.That(await TakenAfterAsync(again), Is.Zero);
        Assert.That(await TakenAfterAsync(again, Of("begin_checkout").After(3 * Minute)), Is.EqualTo(Start + (3 * Minute)));
        again.Stop();
    }

    [Test]
    public void A_conditional_decision_is_freed_alone()
    {
        var cart = default(Engine.State.Carts.CartRecord);
        cart.AddConditional(2, Start, 30 * Minute);
        cart.AddConditional(5, Start + Minute, 30 * Minute);
        cart.Release(2, Start);
        Assert.That(cart.ConditionalSince(Start + (2 * Minute), 30 * Minute), Is.EqualTo(1UL << 5));
        cart.Release(5, Start - Minute);
        Assert.That(cart.ConditionalSince(Start + (2 * Minute), 30 * Minute), Is.EqualTo(1UL << 5), "a decision of an earlier window");
    }

    static PartitionSet Open(string folder)
    {
        var campaigns = TestCampaigns.Compile([TestStages.OnEvent("begun", "begin_checkout")]);
        var set = new PartitionSet(1, TestJournal.Options(folder, campaigns, window: 30 * Minute), new ManualTime(Start + (60 * Minute)), TimeSpan.Zero);
        set.Start();
        return set;
    }

    async Task<long?> TakenAfterAsync(PartitionSet set, params TestEvent[] events)
    {
        foreach (var e in events)
        {
            var slab = EventReading.Slab(e);
            slab.EndRun(new RecordingSource(), upTo: 1);
            slab.ReceivedAt = e.At;
            Assert.That(set[0].Inbox.TryEnqueue(slab));
        }

        await set.FlushAsync(default).WaitAsync(Eventually.Deadline);
        return (await set.FindAsync(_cart, default).WaitAsync(Eventually.Deadline))?.LastInterventionAt;
    }
}
