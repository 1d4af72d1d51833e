using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.Folding;

namespace CartRecovery.Tests.State.Carts;

public sealed class CartOwnershipTests
{
    static readonly RecordingSource Server = new() { ConnectionId = 1 };
    static readonly RecordingSource Owner = new() { ConnectionId = 2, IsPublishable = true };
    static readonly RecordingSource Stranger = new() { ConnectionId = 3, IsPublishable = true };
    static readonly RecordingSource Http = new() { IsPublishable = true };

    [Test]
    public void The_browser_that_began_the_cart_is_answered() => Assert.That(ConnectionAfter((Owner, "s1")), Is.EqualTo(Owner.ConnectionId));

    [Test]
    public void A_browser_that_names_someone_elses_cart_is_not()
    {
        Assert.That(ConnectionAfter((Owner, "s1"), (Stranger, "s2")), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Owner, "s1"), (Stranger, null)), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Owner, null), (Stranger, "s2")), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Owner, null), (Stranger, null)), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Server, "s1"), (Stranger, "s2")), Is.EqualTo(Server.ConnectionId));
    }

    [Test]
    public void Nor_does_it_become_so_by_coming_again() =>
        Assert.That(ConnectionAfter((Owner, "s1"), (Stranger, "s2"), (Stranger, "s2"), (Stranger, null)), Is.EqualTo(Owner.ConnectionId));

    [Test]
    public void The_same_session_on_a_new_connection_is_answered_there() =>
        Assert.That(ConnectionAfter((Owner, "s1"), (Stranger, "s1")), Is.EqualTo(Stranger.ConnectionId));

    [Test]
    public void A_server_is_answered_on_any_cart() => Assert.That(ConnectionAfter((Owner, "s1"), (Server, null)), Is.EqualTo(Server.ConnectionId));

    [Test]
    public void A_session_keeps_its_cart_whoever_came_between() =>
        Assert.That(ConnectionAfter((Server, "s1"), (Stranger, "s2"), (Owner, "s1")), Is.EqualTo(Owner.ConnectionId));

    [Test]
    public void What_cannot_be_answered_leaves_the_connection_as_it_is()
    {
        Assert.That(ConnectionAfter((Owner, "s1"), (Http, "s1")), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Http, "s1")), Is.Zero);
        Assert.That(ConnectionAfter((Http, "s1"), (Owner, "s1")), Is.EqualTo(Owner.ConnectionId));
        Assert.That(ConnectionAfter((Http, "s1"), (Stranger, "s2")), Is.Zero);
    }

    static long ConnectionAfter(params (RecordingSource Source, string? Session)[] events)
    {
        var cart = default(CartRecord);
        foreach (var (source, session) in events)
        {
            var e = Of("page_view") with { Session = session };
            cart.Fold(e);
            CartOwnership.Apply(ref cart, EventReading.Slab(e).Records[0], source);
        }

        return cart.ConnectionId;
    }
}
