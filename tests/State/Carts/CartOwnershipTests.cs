using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.Folding;

namespace CartRecovery.Tests.State.Carts;

public sealed class CartOwnershipTests
{
    static readonly RecordingSource s_server = new() { ConnectionId = 1 };
    static readonly RecordingSource s_owner = new() { ConnectionId = 2, IsPublishable = true };
    static readonly RecordingSource s_stranger = new() { ConnectionId = 3, IsPublishable = true };
    static readonly RecordingSource s_http = new() { IsPublishable = true };

    [Test]
    public void The_browser_that_began_the_cart_is_answered() => Assert.That(ConnectionAfter((s_owner, "s1")), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void A_browser_that_names_someone_elses_cart_is_not()
    {
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s2")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, null), (s_stranger, "s2")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, null), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_server, "s1"), (s_stranger, "s2")), Is.EqualTo(s_server.ConnectionId));
    }

    [Test]
    public void Nor_does_it_become_so_by_coming_again() =>
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s2"), (s_stranger, "s2"), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void The_same_session_on_a_new_connection_is_answered_there() =>
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s1")), Is.EqualTo(s_stranger.ConnectionId));

    [Test]
    public void A_server_is_answered_on_any_cart() => Assert.That(ConnectionAfter((s_owner, "s1"), (s_server, null)), Is.EqualTo(s_server.ConnectionId));

    [Test]
    public void A_session_keeps_its_cart_whoever_came_between() =>
        Assert.That(ConnectionAfter((s_server, "s1"), (s_stranger, "s2"), (s_owner, "s1")), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void What_cannot_be_answered_leaves_the_connection_as_it_is()
    {
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_http, "s1")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_http, "s1")), Is.Zero);
        Assert.That(ConnectionAfter((s_http, "s1"), (s_owner, "s1")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_http, "s1"), (s_stranger, "s2")), Is.Zero);
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
