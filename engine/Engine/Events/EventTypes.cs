using System.Text;

namespace CartRecovery.Engine.Events;

/// <summary>What an event of a type does, besides being counted in its cart.</summary>
[Flags]
public enum EventTraits : byte
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Changes what a cart holds, how far its checkout got, or who it belongs to.</summary>
    ChangesCart = 1,

    /// <summary>Changes the customer's order history, which every partition keeps a copy of.</summary>
    ChangesHistory = 2,

    /// <summary>Goes to the customer's side: an order, a consent, an address, the outcome of a message.</summary>
    ConcernsCustomer = 4,

    /// <summary>Reports what became of a message.</summary>
    Message = 8,

    /// <summary>Ends contact over a channel.</summary>
    EndsContact = 16,

    /// <summary>Teaches the catalogue a product's name, link and image.</summary>
    DescribesProduct = 32,
}

/// <summary>A row of <see cref="EventTypes"/>.</summary>
/// <param name="Type">The type; its number is stored.</param>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Traits">What it does.</param>
/// <param name="Aliases">Names that other tools have for it, in lower case and without separators. The repair of dead letters knows them.</param>
public sealed record EventTypeRow(EventType Type, string Name, EventTraits Traits, params string[] Aliases);

/// <summary>The one table of event types. Whoever asks something about a type asks it here.</summary>
public static class EventTypes
{
    /// <summary>One more than the highest type.</summary>
    public const int Count = 22;

    const EventTraits Cart = EventTraits.ChangesCart, History = EventTraits.ChangesHistory, Customer = EventTraits.ConcernsCustomer,
        Message = EventTraits.Message | EventTraits.ConcernsCustomer, Refusal = Message | EventTraits.EndsContact, Product = EventTraits.DescribesProduct;

    // A power of two; a name's slot is its length, first and last letter mixed.
    const int Slots = 256;

    static readonly EventTypeRow[] s_rows =
    [
        new(EventType.PageView, "page_view", EventTraits.None, "pageview", "pageviewed", "viewpage", "pagevisit", "page"),
        new(EventType.ViewItem, "view_item", Product, "viewitem", "itemview", "itemviewed", "productviewed", "productview", "viewproduct", "viewcontent"),
        new(EventType.AddToCart, "add_to_cart", Cart | Product,
            "addtocart", "productadded", "cartadd", "addedtocart", "productaddedtocart", "itemadded", "itemaddedtocart", "additem",
            "addtobasket", "addtobag", "basketadd"),
        new(EventType.RemoveFromCart, "remove_from_cart", Cart,
            "removefromcart", "productremoved", "cartremove", "removedfromcart", "productremovedfromcart", "itemremoved",
            "itemremovedfromcart", "removeitem", "removefrombasket", "removefrombag", "basketremove"),
        new(EventType.ViewCart, "view_cart", EventTraits.None, "viewcart", "cartviewed", "cartview", "viewbasket", "basketviewed"),
        new(EventType.BeginCheckout, "begin_checkout", Cart,
            "begincheckout", "checkoutstarted", "startcheckout", "initiatecheckout", "checkoutbegun", "checkoutstart"),
        new(EventType.AddShippingInfo, "add_shipping_info", Cart,
            "addshippinginfo", "checkoutshippinginfosubmitted", "shippinginfosubmitted", "shippinginfoentered"),
        new(EventType.AddPaymentInfo, "add_payment_info", Cart, "addpaymentinfo", "paymentinfosubmitted", "paymentinfoentered"),
        new(EventType.Purchase, "purchase", Cart | History | Customer,
            "purchase", "purchased", "ordercompleted", "orderplaced", "ordercomplete", "placeorder", "checkoutcompleted",
            "checkoutcomplete", "completepurchase"),
        new(EventType.Refund, "refund", Cart | History | Customer, "refund", "refunded", "orderrefunded"),
        new(EventType.CouponApplied, "coupon_applied", Cart | History, "couponapplied", "applycoupon"),
        new(EventType.CouponDenied, "coupon_denied", Cart, "coupondenied", "couponrejected"),
        new(EventType.Identify, "identify", Cart | Customer, "identify"),
        new(EventType.Consent, "consent", Customer, "consent"),
        new(EventType.Delivered, "delivered", Message, "delivered", "emaildelivered"),
        new(EventType.Opened, "opened", Message, "opened", "emailopened"),
        new(EventType.Clicked, "clicked", Message, "clicked", "emailclicked", "emaillinkclicked"),
        new(EventType.Dismissed, "dismissed", Message, "dismissed"),
        new(EventType.Unsubscribed, "unsubscribed", Refusal, "unsubscribed", "unsubscribe"),
        new(EventType.Bounced, "bounced", Refusal, "bounced", "emailbounced"),
        new(EventType.Complained, "complained", Refusal, "complained", "emailcomplained", "spamcomplaint", "emailmarkedasspam"),
    ];

    static readonly EventTraits[] s_traits = TraitsByNumber();

    static readonly (byte[] Name, EventType Type)[] s_slots = Hashed();

    /// <summary>Every row, in the order of the types' numbers.</summary>
    public static IReadOnlyList<EventTypeRow> All => s_rows;

    /// <summary>Every name, in the same order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_rows.Select(row => row.Name)];

    /// <summary>The type's name on the wire; empty for <see cref="EventType.None"/>.</summary>
    public static string NameOf(EventType type) => type == EventType.None ? "" : s_rows[(int)type - 1].Name;

    /// <summary>Whether the type has the trait, or one of several.</summary>
    public static bool Has(EventType type, EventTraits trait) => (s_traits[(int)type] & trait) != 0;

    /// <summary>The type of this name, or <see cref="EventType.None"/>.</summary>
    public static EventType Parse(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return EventType.None;
        }

        for (var slot = SlotOf(name); s_slots[slot].Name is { } known; slot = (slot + 1) % Slots)
        {
            if (name.SequenceEqual(known))
            {
                return s_slots[slot].Type;
            }
        }

        return EventType.None;
    }

    static int SlotOf(ReadOnlySpan<byte> name) => ((name.Length * 37) + (name[0] * 5) + name[^1]) % Slots;

    static EventTraits[] TraitsByNumber()
    {
        var traits = new EventTraits[Count];
        foreach (var row in s_rows)
        {
            traits[(int)row.Type] = row.Traits;
        }

        return traits;
    }

    static (byte[] Name, EventType Type)[] Hashed()
    {
        var slots = new (byte[] Name, EventType Type)[Slots];
        foreach (var row in s_rows)
        {
            var name = Encoding.UTF8.GetBytes(row.Name);
            var slot = SlotOf(name);
            while (slots[slot].Name is not null)
            {
                slot = (slot + 1) % Slots;
            }

            slots[slot] = (name, row.Type);
        }

        return slots;
    }
}
