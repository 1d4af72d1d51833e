using System.Collections.Frozen;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>Event types in another case or spelling, and the names that other tools have for the same thing.</summary>
static class TypeRule
{
    const string Case = "type in another case", Alias = "alias of a type";

    // Without case, underscores, hyphens, dots and spaces. Segment's e-commerce events, GA4's, Shopify's and Meta's, and what people write.
    static readonly FrozenDictionary<string, string> s_types = new (string Native, string[] Aliases)[]
    {
        ("page_view", ["pageview", "pageviewed", "viewpage", "pagevisit", "page"]),
        ("view_item", ["viewitem", "itemview", "itemviewed", "productviewed", "productview", "viewproduct", "viewcontent"]),
        ("add_to_cart",
        [
            "addtocart", "productadded", "cartadd", "addedtocart", "productaddedtocart", "itemadded", "itemaddedtocart", "additem",
            "addtobasket", "addtobag", "basketadd",
        ]),
        ("remove_from_cart",
        [
            "removefromcart", "productremoved", "cartremove", "removedfromcart", "productremovedfromcart", "itemremoved",
            "itemremovedfromcart", "removeitem", "removefrombasket", "removefrombag", "basketremove",
        ]),
        ("view_cart", ["viewcart", "cartviewed", "cartview", "viewbasket", "basketviewed"]),
        ("begin_checkout", ["begincheckout", "checkoutstarted", "startcheckout", "initiatecheckout", "checkoutbegun", "checkoutstart"]),
        ("add_shipping_info", ["addshippinginfo", "checkoutshippinginfosubmitted", "shippinginfosubmitted", "shippinginfoentered"]),
        ("add_payment_info", ["addpaymentinfo", "paymentinfosubmitted", "paymentinfoentered"]),
        ("purchase",
        [
            "purchase", "purchased", "ordercompleted", "orderplaced", "ordercomplete", "placeorder", "checkoutcompleted",
            "checkoutcomplete", "completepurchase",
        ]),
        ("refund", ["refund", "refunded", "orderrefunded"]),
        ("coupon_applied", ["couponapplied", "applycoupon"]),
        ("coupon_denied", ["coupondenied", "couponrejected"]),
        ("identify", ["identify"]),
        ("consent", ["consent"]),
        ("delivered", ["delivered", "emaildelivered"]),
        ("opened", ["opened", "emailopened"]),
        ("clicked", ["clicked", "emailclicked", "emaillinkclicked"]),
        ("dismissed", ["dismissed"]),
        ("unsubscribed", ["unsubscribed", "unsubscribe"]),
        ("bounced", ["bounced", "emailbounced"]),
    }.SelectMany(type => type.Aliases.Select(alias => (alias, type.Native))).ToFrozenDictionary(t => t.alias, t => t.Native, StringComparer.Ordinal);

    /// <summary>Gives the type its native name.</summary>
    public static void Apply(EventDraft draft)
    {
        foreach (var field in draft.Named("type"))
        {
            if (field.Text is { } text && !EventTypes.Names.Contains(text) && s_types.TryGetValue(FieldRules.Plain(text), out var native))
            {
                draft.Set(field, EventDraft.Quote(native), text.Equals(native, StringComparison.OrdinalIgnoreCase) ? Case : Alias);
            }
        }
    }
}
