using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using static CartRecovery.Tests.State.Carts.CartFoldFixture;

namespace CartRecovery.Tests.State.Carts;

public sealed class CartOwnershipTests
{
    const string Secret = "a secret of the first browser", Another = "a secret of a second browser";

    static readonly EventRules s_server = EventReading.AnyTime();
    static readonly EventRules s_browser = EventReading.AnyTime(verified: false);
    static readonly EventRules s_anna = EventReading.Proven("anna");

    [Test]
    public void A_session_goes_on_with_the_cart_that_it_began()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1");
        Assert.That(Access(cart, s_browser, connection: 1, session: "s1"), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 2, session: "s1"), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 0, session: "s1"), Is.EqualTo(CartAccess.Full));
    }

    [TestCase(1, "s2")]
    [TestCase(1, null)]
    [TestCase(2, "s2")]
    [TestCase(2, null)]
    [TestCase(0, null)]
    public void Another_session_is_refused(long connection, string? session)
    {
        Assert.That(Access(Begun(s_browser, connection: 1, session: "s1"), s_browser, connection, session), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(Begun(s_server, connection: 1, session: "s1"), s_browser, connection, session), Is.EqualTo(CartAccess.Denied));
    }

    [Test]
    public void The_carts_secret_opens_it_in_another_session()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1", secret: Secret);
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", secret: Secret), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 0, session: null, secret: Secret), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", secret: Another), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2"), Is.EqualTo(CartAccess.Denied));
    }

    [Test]
    public void A_secret_does_not_open_a_cart_that_has_none() =>
        Assert.That(Access(Begun(s_browser, connection: 1, session: "s1"), s_browser, 2, "s2", Secret), Is.EqualTo(CartAccess.Denied));

    [Test]
    public void Without_a_session_only_the_same_connection_goes_on()
    {
        var cart = Begun(s_browser, connection: 1, session: null);
        Assert.That(Access(cart, s_browser, connection: 1, session: null), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 2, session: null), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(cart, s_browser, connection: 1, session: "s1"), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(Begun(s_browser, connection: 0, session: null), s_browser, connection: 0, session: null), Is.EqualTo(CartAccess.Denied));
    }

    [Test]
    public void A_server_opens_any_cart() =>
        Assert.That(Access(Begun(s_browser, connection: 1, session: "s1", secret: Secret), s_server, connection: 9, session: null), Is.EqualTo(CartAccess.Full));

    [Test]
    public void A_customer_with_a_token_goes_on_with_their_carts_alone()
    {
        var annas = Begun(s_anna, connection: 1, session: "s1", user: "anna");
        Assert.That(Access(annas, s_anna, connection: 2, session: "s2", user: "anna"), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(annas, s_browser, connection: 2, session: "s2", user: "anna"), Is.EqualTo(CartAccess.Denied), "a claimed user");
        var bens = Begun(s_server, connection: 1, session: "s1", user: "ben");
        Assert.That(Access(bens, s_anna, connection: 2, session: "s2", user: "anna"), Is.EqualTo(CartAccess.Denied), "another's cart");
        var claimed = Begun(s_browser, connection: 1, session: "s1", user: "anna");
        Assert.That(Access(claimed, s_anna, connection: 2, session: "s2", user: "anna"), Is.EqualTo(CartAccess.Denied), "a cart that somebody else called hers");
    }

    [Test]
    public void Who_knows_a_secret_id_goes_on_with_the_cart_and_gets_no_offer()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1");
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", idsAreSecret: true), Is.EqualTo(CartAccess.ContentsOnly));
        Assert.That(Access(cart, s_browser, connection: 2, session: "s1", idsAreSecret: true), Is.EqualTo(CartAccess.Full));
        var slab = Slab(s_browser, "s2", null, null);
        slab.Records[0].Flags |= EventFlags.ContentsOnly;
        cart.EventCount++;
        CartOwnership.UpdateOwner(ref cart, slab.Records[0], connection: 2);
        Assert.That(cart.ConnectionId, Is.EqualTo(1));
    }

    [Test]
    public void A_session_that_a_server_names_has_the_cart_whoever_named_it_first()
    {
        var cart = Begun(s_browser, connection: 1, session: "squatter", secret: Another);
        Continue(ref cart, s_server, connection: 9, session: "s1");
        Assert.That(Access(cart, s_browser, connection: 2, session: "s1"), Is.EqualTo(CartAccess.Full));
        Assert.That(Access(cart, s_browser, connection: 1, session: "squatter"), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(cart, s_browser, connection: 1, session: "squatter", secret: Another), Is.EqualTo(CartAccess.Denied));
    }

    [Test]
    public void An_owner_who_began_without_a_secret_gets_one_with_the_next_event()
    {
        var cart = Begun(s_server, connection: 9, session: "s1");
        Continue(ref cart, s_browser, connection: 1, session: "s1", secret: Secret);
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", secret: Secret), Is.EqualTo(CartAccess.Full));
        Continue(ref cart, s_browser, connection: 1, session: "s1", secret: Another);
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", secret: Another), Is.EqualTo(CartAccess.Denied), "the secret stays");
    }

    [Test]
    public void A_cart_without_an_owner_is_the_first_sessions_if_ids_are_secret()
    {
        var cart = Begun(s_server, connection: 9, session: null);
        Assert.That(Access(cart, s_browser, connection: 1, session: "s1"), Is.EqualTo(CartAccess.Denied));
        Assert.That(Access(cart, s_browser, connection: 1, session: "s1", idsAreSecret: true), Is.EqualTo(CartAccess.Full));
        Continue(ref cart, s_browser, connection: 1, session: "s1");
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", idsAreSecret: true), Is.EqualTo(CartAccess.ContentsOnly));
    }

    [Test]
    public void A_server_that_names_no_session_leaves_the_owner()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1", secret: Secret);
        Continue(ref cart, s_server, connection: 9, session: null);
        Assert.That(Access(cart, s_browser, connection: 2, session: "s2", secret: Secret), Is.EqualTo(CartAccess.Full));
        Assert.That(cart.ConnectionId, Is.EqualTo(9));
    }

    [Test]
    public void An_event_without_a_connection_leaves_the_recipient()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1");
        Continue(ref cart, s_browser, connection: 0, session: "s1");
        Assert.That(cart.ConnectionId, Is.EqualTo(1));
        Continue(ref cart, s_browser, connection: 3, session: "s1");
        Assert.That(cart.ConnectionId, Is.EqualTo(3));
    }

    [Test]
    public void An_event_of_an_older_journal_is_applied_as_it_was()
    {
        var cart = Begun(s_browser, connection: 1, session: "s1");
        var slab = Slab(s_browser, "s2", null, null);
        cart.EventCount++;
        CartOwnership.UpdateOwner(ref cart, slab.Records[0], connection: 2, predatesStanding: true);
        Assert.That(cart.ConnectionId, Is.EqualTo(1), "another session");
        CartOwnership.UpdateOwner(ref cart, Slab(s_browser, "s1", null, null).Records[0], connection: 3, predatesStanding: true);
        Assert.That(cart.ConnectionId, Is.EqualTo(3), "its own");
    }

    static CartRecord Begun(EventRules rules, long connection, string? session, string? secret = null, string? user = null)
    {
        var cart = default(CartRecord);
        Continue(ref cart, rules, connection, session, secret, user);
        return cart;
    }

    static void Continue(ref CartRecord cart, EventRules rules, long connection, string? session, string? secret = null, string? user = null)
    {
        var slab = Slab(rules, session, secret, user);
        CartFold.Apply(ref cart, slab.Records[0], slab, 0);
        CartOwnership.UpdateOwner(ref cart, slab.Records[0], connection);
    }

    static CartAccess Access(
        in CartRecord cart, EventRules rules, long connection, string? session, string? secret = null, string? user = null, bool idsAreSecret = false)
    {
        var slab = Slab(rules, session, secret, user);
        return CartOwnership.AccessOf(cart, slab.Records[0], slab, connection, idsAreSecret);
    }

    static EventSlab Slab(EventRules rules, string? session, string? secret, string? user) =>
        EventReading.Slab(rules, Of("page_view") with { Session = session, CartSecret = secret, User = user });
}
