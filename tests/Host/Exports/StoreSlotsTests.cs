using CartRecovery.Host.Exports;

namespace CartRecovery.Tests.Hosting.Exports;

/// <summary>Exports of one store do not keep the other stores from theirs.</summary>
public sealed class StoreSlotsTests
{
    [Test]
    public void Each_store_has_one_slot_and_all_have_a_number()
    {
        var slots = new StoreSlots(max: 2);
        var first = slots.TryTake("a");
        Assert.That((first, slots.TryTake("a")), Is.EqualTo((first, (IDisposable?)null)), "the store's is taken");
        var other = slots.TryTake("b");
        Assert.That((first, other), Is.Not.EqualTo(((IDisposable?)null, (IDisposable?)null)));
        Assert.That(slots.TryTake("c"), Is.Null, "all are taken");
        first!.Dispose();
        first.Dispose();
        Assert.That(slots.TryTake("c"), Is.Not.Null);
        Assert.That(slots.TryTake("a"), Is.Null, "freed once");
        other!.Dispose();
        Assert.That(slots.TryTake("a"), Is.Not.Null);
    }
}
