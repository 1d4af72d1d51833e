using System.Text;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Migration;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Migration;

/// <summary>Keys of what a record does not name follow from the journal's events.</summary>
[Parallelizable]
public sealed class CartKeysTests
{
    static readonly StoreTable s_keyed = new([new Store(0, "demo", "demo"u8.ToArray(), TimeZoneInfo.Utc, "USD")
    {
        Ids = new IdHasher("demo"u8, new byte[IdHasher.SecretSize]),
    }]);

    Scratch _scratch = null!;
    KeyMap _map = null!;
    CartKeys _keys = null!;

    [SetUp]
    public void Open()
    {
        _scratch = new Scratch();
        _map = new KeyMap(_scratch.PathOf("keys.db"));
        _keys = new CartKeys(TestStages.Stores, s_keyed, _map);
    }

    [TearDown]
    public void Close()
    {
        _map.Dispose();
        _scratch.Dispose();
    }

    [Test]
    public void A_cart_stays_its_first_sessions_after_another_session_used_it()
    {
        Note(new TestEvent("page_view", EventReading.Now) { Cart = "c1", Session = "owner" });
        var former = TestStages.Stores[0].Ids;
        var cart = CartOf("c1", session: "later");
        cart.OwnerSession = former.SessionOf("owner"u8);
        var key = _keys.Apply(former.CartOf("c1"u8), ref cart);

        var ids = s_keyed[0].Ids;
        Assert.That((key, cart.OwnerSession, cart.Session), Is.EqualTo((ids.CartOf("c1"u8), ids.SessionOf("owner"u8), ids.SessionOf("later"u8))));
    }

    [Test]
    public void A_customer_whom_no_record_names_any_more_keeps_a_key()
    {
        Note(new TestEvent("page_view", EventReading.Now) { Cart = "c1", User = "first" }, new TestEvent("page_view", EventReading.Now) { Cart = "c1", User = "second" });

        Assert.That(_keys.Find(TestStages.Stores[0].Ids.CustomerOf("first"u8)), Is.EqualTo(s_keyed[0].Ids.CustomerOf("first"u8)));
    }

    void Note(params TestEvent[] events)
    {
        var decoder = new JsonEventDecoder(EventReading.AnyTime() with { Ids = s_keyed[0].Ids });
        foreach (var e in events)
        {
            Assert.That(decoder.Read(e.ToUtf8()).IsError, Is.False);
            var slab = new EventSlab();
            _keys.Note(decoder.AppendTo(slab, e.ToUtf8()), slab);
        }
    }

    static CartRecord CartOf(string id, string session)
    {
        var cart = new CartRecord { CartLength = (byte)id.Length, SessionLength = (byte)session.Length };
        Encoding.UTF8.GetBytes(id, cart.CartText);
        Encoding.UTF8.GetBytes(session, cart.SessionText);
        return cart;
    }
}
