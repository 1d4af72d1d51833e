using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Carts;

public sealed class CartOwnershipTests
{
    static readonly RecordingSource s_server = new() { ConnectionId = 1 };
    static readonly RecordingSource s_owner = new() { ConnectionId = 2, IsPublishable = true };
    static readonly RecordingSource s_stranger = new() { ConnectionId = 3, IsPublishable = true };
    static readonly RecordingSource s_http = new() { IsPublishable = true };

    [Test]
    public void The_browser_that_started_the_cart_is_answered() => Assert.That(ConnectionAfter((s_owner, "s1")), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void A_browser_naming_another_shoppers_cart_is_not_answered()
    {
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s2")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, null), (s_stranger, "s2")), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_owner, null), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));
        Assert.That(ConnectionAfter((s_server, "s1"), (s_stranger, "s2")), Is.EqualTo(s_server.ConnectionId));
    }

    [Test]
    public void A_browser_repeatedly_naming_another_shoppers_cart_is_not_answered() =>
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s2"), (s_stranger, "s2"), (s_stranger, null)), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void The_same_session_is_answered_on_its_new_connection() =>
        Assert.That(ConnectionAfter((s_owner, "s1"), (s_stranger, "s1")), Is.EqualTo(s_stranger.ConnectionId));

    [Test]
    public void A_server_is_answered_on_any_cart() => Assert.That(ConnectionAfter((s_owner, "s1"), (s_server, null)), Is.EqualTo(s_server.ConnectionId));

    [Test]
    public void A_session_keeps_its_cart_across_other_visitors() =>
        Assert.That(ConnectionAfter((s_server, "s1"), (s_stranger, "s2"), (s_owner, "s1")), Is.EqualTo(s_owner.ConnectionId));

    [Test]
    public void An_unanswerable_event_leaves_the_connection_unchanged()
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
