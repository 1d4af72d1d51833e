using CartRecovery.Engine.Scoring.Serving;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Scoring.Serving;

[Parallelizable(ParallelScope.All)]
public sealed class FeedRingTests
{
    [Test]
    public void A_full_ring_drops_items_until_the_reader_frees_some()
    {
        var ring = new FeedRing<int>(4);
        for (var i = 0; i < 6; i++)
        {
            ring.Write(i);
        }

        Assert.That((ring.Waiting, ring.Dropped, ring[ring.WaitingSlot(3)]), Is.EqualTo((4, 2, 3)));
        ring.Free(1);
        ring.Write(7);
        Assert.That((ring.Waiting, ring.Dropped, ring[ring.WaitingSlot(3)]), Is.EqualTo((4, 2, 7)));
    }

    [Test]
    public void Reserved_items_are_not_there_until_they_are_published()
    {
        var ring = new FeedRing<int>(4);
        Assert.That(ring.TryReserve(out _) && ring.TryReserve(out _));
        Assert.That((ring.Waiting, ring.Reserved), Is.EqualTo((0, 2)));
        ring.Publish();
        Assert.That((ring.Waiting, ring.Reserved), Is.EqualTo((2, 0)));
    }

    [Test]
    public async Task A_reader_beside_the_writer_gets_every_item_in_order()
    {
        const int Items = 200_000;
        var ring = new FeedRing<int>(64);
        var writer = Task.Run(() =>
        {
            for (var i = 0; i < Items;)
            {
                var dropped = ring.Dropped;
                ring.Write(i);
                i += ring.Dropped == dropped ? 1 : 0;
            }

            ring.Close();
        });
        var (next, isOver) = (0, false);
        while (!isOver)
        {
            isOver = ring.IsClosed;
            for (var waiting = ring.Waiting; waiting > 0; waiting--, ring.Free(1))
            {
                Assert.That(ring[ring.WaitingSlot(0)], Is.EqualTo(next++));
            }
        }

        await writer.WaitAsync(Eventually.Deadline);
        Assert.That(next, Is.EqualTo(Items));
    }
}
