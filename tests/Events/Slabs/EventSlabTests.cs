using System.Runtime.CompilerServices;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Events.Slabs;

public sealed class EventSlabTests
{
    [Test]
    public void An_event_stays_within_its_memory_budget() =>
        Assert.That(Unsafe.SizeOf<EventRecord>(), Is.LessThanOrEqualTo((EventSlab.SizeFor(0) - EventSlab.TextCapacity) / EventSlab.Capacity));

    [TestCase(1)]
    [TestCase(EventSlab.MaxIdLength)]
    public void A_slab_fills_by_events_or_by_their_text(int idLength)
    {
        var id = new string('x', idLength);
        var decoder = new JsonEventDecoder(EventReading.Rules());
        var e = new TestEvent("page_view", EventReading.Now) { Id = id, Cart = id, User = id, Session = id, Product = id };
        Assert.That(decoder.Read(e.ToUtf8()).IsError, Is.False);

        var slab = new EventSlab();
        while (slab.HasRoom(decoder.Record.TextLength))
        {
            decoder.AppendTo(slab, e.ToUtf8());
        }

        Assert.That(slab.Count, Is.EqualTo(Math.Min(EventSlab.Capacity, slab.TextLength / (5 * idLength))));
        Assert.That(slab.TextLength, Is.EqualTo(slab.Count * 5 * idLength));
        Assert.That(slab.Count, Is.EqualTo(idLength == 1 ? EventSlab.Capacity : EventSlab.TextCapacity / (5 * EventSlab.MaxIdLength)));
    }

    [Test]
    public void An_events_texts_are_independent_of_its_neighbours()
    {
        var slab = EventReading.Slab(
            new TestEvent("page_view", EventReading.Now) { Id = "e1", Cart = "cart one", User = "user 1", Session = "s1", Product = "p1" },
            new TestEvent("page_view", EventReading.Now) { Id = "e22", Cart = "c2" },
            new TestEvent("page_view", EventReading.Now) { Id = "e333", Cart = "🛒", Session = "s3" });

        Assert.That(Texts(slab), Is.EqualTo(new[] { "e1|cart one|user 1|s1", "e22|c2||", "e333|🛒||s3" }));
    }

    [Test]
    public void A_copied_event_keeps_its_ids_and_is_flagged_as_a_fact()
    {
        var slab = EventReading.Slab(
            new TestEvent("page_view", EventReading.Now) { Id = "before" },
            new TestEvent("purchase", EventReading.Now) { Id = "e1", Cart = "c1", User = "u1", Session = "s1", Product = "p1", Price = 5 });
        var other = EventReading.Slab(new TestEvent("page_view", EventReading.Now) { Id = "already here" });

        ref readonly var original = ref slab.Records[1];
        other.AppendCopy(original, slab);

        Assert.That(Texts(other), Is.EqualTo(new[] { "already here|c1||", "e1|c1|u1|s1" }));
        Assert.That((other.Records[1].Flags, other.Records[1].IsCopy), Is.EqualTo((EventFlags.HasPrice | EventFlags.Server | EventFlags.ChangesNoCart, true)));
        Assert.That(original.Flags, Is.EqualTo(EventFlags.HasPrice | EventFlags.Server));
        Assert.That(other.Records[1].Customer, Is.EqualTo(original.Customer));
    }

    [Test]
    public void A_pool_reuses_the_last_returned_slab_emptied()
    {
        var pool = new SlabPool(2);
        var (first, second) = (pool.Rent(), pool.Rent());
        first.Count = 3;
        first.TextLength = 40;
        first.EndRun(new RecordingSource(), upTo: 3);
        pool.Return(second);
        pool.Return(first);

        var lent = pool.Rent();

        Assert.That(lent, Is.SameAs(first));
        Assert.That((lent.Count, lent.TextLength, lent.Runs.Length, lent.IsInRun), Is.EqualTo((0, 0, 0, false)));
        Assert.That(pool.Rent(), Is.SameAs(second));
        Assert.That(pool.Rent(), Is.Not.SameAs(first).And.Not.SameAs(second));
    }

    [Test]
    public void A_pool_keeps_at_most_its_capacity()
    {
        var pool = new SlabPool(2);
        EventSlab[] lent = [pool.Rent(), pool.Rent(), pool.Rent()];
        foreach (var slab in lent)
        {
            pool.Return(slab);
        }

        Assert.That(new[] { pool.Rent(), pool.Rent() }, Is.EqualTo(new[] { lent[1], lent[0] }));
        Assert.That(pool.Rent(), Is.Not.SameAs(lent[2]));
    }

    [Test]
    public async Task Draining_waits_for_slabs_rented_before()
    {
        var (pool, time) = (new SlabPool(4), new ManualTime(EventReading.Now));
        var (first, second) = (pool.Rent(), pool.Rent());
        var drained = pool.DrainAsync(time, default);
        var later = pool.Rent();
        pool.Return(first);
        await AdvanceAsync(time);
        Assert.That(drained.IsCompleted, Is.False, "the second is not returned");
        pool.Return(second);
        await Eventually.Is(() => Advance(time) && drained.IsCompletedSuccessfully, "it is drained, although a later one is rented");

        using var cancellation = new CancellationTokenSource();
        var cancelled = pool.DrainAsync(time, cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await cancelled, Throws.InstanceOf<OperationCanceledException>());
        var again = pool.DrainAsync(time, default);
        await AdvanceAsync(time);
        Assert.That(again.IsCompleted, Is.False, "the one that the cancelled call has waited for");
        pool.Return(later);
        await Eventually.Is(() => Advance(time) && again.IsCompletedSuccessfully, "it is drained");
    }

    static bool Advance(ManualTime time)
    {
        time.Advance(TimeSpan.FromSeconds(1));
        return true;
    }

    static async Task AdvanceAsync(ManualTime time)
    {
        for (var i = 0; i < 5; i++)
        {
            Advance(time);
            await Task.Yield();
        }
    }

    static string[] Texts(EventSlab slab) => [.. Enumerable.Range(0, slab.Count).Select(i => string.Join('|',
        Encoding.UTF8.GetString(slab.IdOf(slab.Records[i])), Encoding.UTF8.GetString(slab.CartOf(slab.Records[i])),
        Encoding.UTF8.GetString(slab.UserOf(slab.Records[i])), Encoding.UTF8.GetString(slab.SessionOf(slab.Records[i]))))];
}
