using System.Text;

namespace CartRecovery.Engine.Events;

/// <summary>What an event of a type does besides being counted in its cart.</summary>
[Flags]
public enum EventTraits : byte
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Changes a cart's contents, checkout step or owner.</summary>
    ChangesCart = 1,

    /// <summary>Changes the customer's order history, which every partition copies.</summary>
    ChangesHistory = 2,

    /// <summary>Goes to the customer's journeys: an order, a consent, an address, the outcome of a message.</summary>
    ConcernsCustomer = 4,

    /// <summary>Reports the outcome of a message.</summary>
    Message = 8,

    /// <summary>Ends contact over a channel.</summary>
    EndsContact = 16,

    /// <summary>Sets a product's name, link and image in the catalogue.</summary>
    DescribesProduct = 32,

    /// <summary><c>items</c>, <c>value</c> and <c>orderId</c> are parsed.</summary>
    TakesItems = 64,

    /// <summary>Its items are all that is in the cart, and its value is the cart's.</summary>
    TellsCart = 128,
}

/// <summary>A row of <see cref="EventTypes"/>.</summary>
/// <param name="Type">The type; its number is persisted.</param>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Traits">Its effects.</param>
/// <param name="Aliases">Other tools' names, in lower case and without separators, for the repair of dead letters.</param>
public sealed record EventTypeRow(EventType Type, string Name, EventTraits Traits, params string[] Aliases);

/// <summary>The table of event types and the only source of their properties.</summary>
public static class EventTypes
{
    /// <summary>One more than the highest type.</summary>
    public const int Count = 25;

    const EventTraits Cart = EventTraits.ChangesCart, History = EventTraits.ChangesHistory, Customer = EventTraits.ConcernsCustomer,
        Message = EventTraits.Message | EventTraits.ConcernsCustomer, EndOfContact = Message | EventTraits.EndsContact, Product = EventTraits.DescribesProduct, Items = EventTraits.TakesItems,
        Contents = EventTraits.TellsCart | Product | Items;

    // A power of two; a name's slot is its length, first and last letter mixed.
    const int Slots = 256;

    static readonly EventTypeRow[] s_rows =
    [
        new(EventType.PageView, "page_view", EventTraits.None, "pageview", "pageviewed", "viewpage", "pagevisit", "page"),
        new(EventType.ViewItem, "view_item", Product | Items, "viewitem", "itemview", "itemviewed", "productviewed", "productview", "viewproduct", "viewcontent"),
        new(EventType.AddToCart, "add_to_cart", Cart | Product | Items,
            "addtocart", "productadded", "cartadd", "addedtocart", "productaddedtocart", "itemadded", "itemaddedtocart", "additem",
            "addtobasket", "addtobag", "basketadd"),
        new(EventType.RemoveFromCart, "remove_from_cart", Cart | Items,
            "removefromcart", "productremoved", "cartremove", "removedfromcart", "productremovedfromcart", "itemremoved",
            "itemremovedfromcart", "removeitem", "removefrombasket", "removefrombag", "basketremove"),
        new(EventType.ViewCart, "view_cart", Contents, "viewcart", "cartviewed", "cartview", "viewbasket", "basketviewed"),
        new(EventType.BeginCheckout, "begin_checkout", Cart | Contents,
            "begincheckout", "checkoutstarted", "startcheckout", "initiatecheckout", "checkoutbegun", "checkoutstart"),
        new(EventType.AddShippingInfo, "add_shipping_info", Cart | Contents,
            "addshippinginfo", "checkoutshippinginfosubmitted", "shippinginfosubmitted", "shippinginfoentered"),
        new(EventType.AddPaymentInfo, "add_payment_info", Cart | Contents, "addpaymentinfo", "paymentinfosubmitted", "paymentinfoentered"),
        new(EventType.Purchase, "purchase", Cart | History | Customer | Items,
            "purchase", "purchased", "ordercompleted", "orderplaced", "ordercomplete", "placeorder", "checkoutcompleted",
            "checkoutcomplete", "completepurchase"),
        new(EventType.Refund, "refund", Cart | History | Customer | Items, "refund", "refunded", "orderrefunded"),
        new(EventType.CouponApplied, "coupon_applied", Cart | History, "couponapplied", "applycoupon"),
        new(EventType.CouponDenied, "coupon_denied", Cart, "coupondenied", "couponrejected"),
        new(EventType.Identify, "identify", Cart | Customer, "identify"),
        new(EventType.Consent, "consent", Customer, "consent"),
        new(EventType.Delivered, "delivered", Message, "delivered", "emaildelivered"),
        new(EventType.Opened, "opened", Message, "opened", "emailopened"),
        new(EventType.Clicked, "clicked", Message, "clicked", "emailclicked", "emaillinkclicked"),
        new(EventType.Dismissed, "dismissed", Message, "dismissed"),
        new(EventType.Unsubscribed, "unsubscribed", EndOfContact, "unsubscribed", "unsubscribe"),
        new(EventType.Bounced, "bounced", EndOfContact, "bounced", "emailbounced"),
        new(EventType.Complained, "complained", EndOfContact, "complained", "emailcomplained", "spamcomplaint", "emailmarkedasspam"),
        new(EventType.OrderCancelled, "order_cancelled", History | Customer | Items, "ordercancelled", "ordercanceled", "cancelorder", "ordervoided"),
        new(EventType.CartUpdated, "cart_updated", Cart | Contents, "cartupdated", "updatecart", "cartsynced", "cartreplaced"),
        new(EventType.CartMerged, "cart_merged", Customer, "cartmerged", "cartsmerged", "mergecart", "mergecarts", "basketmerged"),
    ];

    static readonly EventTraits[] s_traits = TraitsByNumber();

    static readonly (byte[] Name, EventType Type)[] s_slots = Hashed();

    /// <summary>All rows, in order of the types' numbers.</summary>
    public static IReadOnlyList<EventTypeRow> All => s_rows;

    /// <summary>All names, in the same order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_rows.Select(row => row.Name)];

    /// <summary>Returns the type's name on the wire; empty for <see cref="EventType.None"/>.</summary>
    public static string NameOf(EventType type) => type == EventType.None ? "" : s_rows[(int)type - 1].Name;

    /// <summary>Returns whether the type has any of the traits.</summary>
    public static bool Has(EventType type, EventTraits trait) => (s_traits[(int)type] & trait) != 0;

    /// <summary>Finds a type by name; <see cref="EventType.None"/> if unknown.</summary>
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
