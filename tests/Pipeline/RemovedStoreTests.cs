using System.Runtime.InteropServices;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Carts whose store is no longer configured.</summary>
public sealed class RemovedStoreTests
{
    static readonly CampaignConfig[] s_campaigns =
    [
        TestStages.OnEvent("added", "add_to_cart"), TestStages.OnScore("scored", above: 0), TestStages.OnIdle("idle5", Duration.FromMinutes(5)),
        TestStages.OnIdle("idle10", Duration.FromMinutes(10)),
    ];

    static readonly Store s_demo = TestStages.Stores[0] with { Currency = "EUR" };

    [Test]
    public void A_removed_stores_events_and_timers_decide_nothing()
    {
        using var run = new Run(new StoreTable([s_demo with { IsRemoved = true }]));
        run.Play(isDecided: false);
        Assert.That(run.Stages.Decisions, Is.Empty);
        Assert.That(run.Cart.ItemCount, Is.EqualTo(1));
        using var configured = new Run(new StoreTable([s_demo]));
        configured.Play(isDecided: false);
        Assert.That(configured.Stages.Decisions.Select(decision => decision.Intervention.Campaign).Distinct(),
            Is.EquivalentTo(new[] { "added", "scored", "idle5", "idle10" }));
    }

    [Test]
    public void A_removed_stores_cart_is_folded_as_in_a_recovery_with_the_store()
    {
        using var removed = new Run(new StoreTable([s_demo with { IsRemoved = true }]));
        using var recovered = new Run(new StoreTable([s_demo]));
        removed.Play(isDecided: false);
        recovered.Play(isDecided: true);
        Assert.That(Bytes(removed.Cart), Is.EqualTo(Bytes(recovered.Cart)));
        Assert.That(removed.Stages.Timers, Is.EqualTo(recovered.Stages.Timers));
    }

    [Test]
    public void Carts_of_a_number_without_a_store_do_no_harm()
    {
        using var run = new Run(new StoreTable([s_demo with { Number = 3, Id = "other" }]));
        run.Play(isDecided: false);
        Assert.That(run.Stages.Decisions, Is.Empty);
        Assert.That((run.Cart.ItemCount, run.Cart.Store), Is.EqualTo((1, 0)));
    }

    static byte[] Bytes(CartRecord cart) => MemoryMarshal.AsBytes(new ReadOnlySpan<CartRecord>(in cart)).ToArray();

    /// <summary>Stages under a table of stores; their events are of store 0.</summary>
    sealed class Run(StoreTable stores) : IDisposable
    {
        static readonly TestEvent[] s_events = [View("p1", 5), Add("p1", 5).After(Second)];

        public PartitionStages Stages { get; } = new(0, TestStages.Options(s_campaigns, stores: stores), new PartitionCounters());

        public CartRecord Cart => Stages.Find(EventReading.KeyOf("c1"))!.Value;

        public void Play(bool isDecided)
        {
            var slab = EventReading.Slab(s_events);
            slab.ReceivedAt = Start;
            Stages.Process(slab, isDecided);
            Stages.Tick(Start + (7 * Minute), isDecided);
            Stages.Tick(Start + (20 * Minute), isDecided);
            Stages.Decide();
        }

        public void Dispose() => Stages.Dispose();
    }
}
