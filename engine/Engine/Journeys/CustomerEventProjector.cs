using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Orders;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Journeys.Sending;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>Applies customer events to the stored customers, products, messages and orders.</summary>
/// <param name="store">The store.</param>
/// <param name="identities">Resolves subjects.</param>
/// <param name="sender">Ends journeys.</param>
/// <param name="counters">The counters.</param>
sealed class CustomerEventProjector(JourneyStore store, IdentityResolver identities, MessageSender sender, JourneyCounters counters)
{
    static readonly AddressKind[] s_kinds = [AddressKind.Email, AddressKind.Phone, AddressKind.Push];

    const int MaxTextLength = 2048, MaxClaimedName = 200, MaxCodeLength = 64, MaxConsentText = 200;

    readonly List<EventItem> _items = [];
    readonly OrderProjector _orders = new(store, identities, sender);
    readonly CartMerger _merger = new(store, identities, sender);

    /// <summary>Applies a customer event. Idempotent.</summary>
    public void Project(JourneyOptions options, CustomerEvent e, long now)
    {
        counters.CustomerEvents++;
        var storeId = options.Stores[e.Store].Id;
        switch (e.Type)
        {
            case EventType.Purchase:
                Redeem(e, storeId);
                _orders.Purchase(options, e, storeId, now);
                break;
            case EventType.Refund:
            case EventType.OrderCancelled:
                _orders.Refund(options, e);
                break;
            case EventType.Identify:
                Identify(options, e, storeId);
                break;
            case EventType.Consent when !e.IsShared:
                Consent(e, storeId);
                break;
            case EventType.CartMerged:
                _merger.Merge(e, options.Stores[e.Store], now);
                break;
            case var type when EventTypes.Has(type, EventTraits.DescribesProduct):
                LearnProduct(e, storeId);
                LearnItems(e, options.Stores[e.Store]);
                break;
            case var type when EventTypes.Has(type, EventTraits.Message):
                Message(options, e, storeId);
                break;
        }

        Goals(options, e, now);
    }

    // An order that names its code uses it up, also where the checkout did not redeem it.
    void Redeem(CustomerEvent e, string storeId)
    {
        if (e.Standing == Standing.Server && CustomerEventMeta.Of(e.Meta).Code is { Length: <= MaxCodeLength } code)
        {
            store.Codes.Redeem(storeId, code, e.CartId, e.At);
        }
    }

    void Identify(JourneyOptions options, CustomerEvent e, string storeId)
    {
        if (e.IsShared)
        {
            // Who knows a cart's id may fill it, but not say where its messages go.
            return;
        }

        var meta = CustomerEventMeta.Of(e.Meta);
        var recipient = new Recipient(
            EmailText.Parse(meta.Email), PhoneText.ToE164(meta.Phone, options.Stores[e.Store].Country), Short(meta.PushToken, MaxTextLength));
        var owner = OwnerOf(e);
        var known = store.Customers.AttributesOf(owner);
        var userId = UserIdOf(options, e, owner);
        var attributes = CustomerAttributes.Merge(known, e.Meta);
        if (recipient != new Recipient() || meta.Timezone is not null || attributes != known || (userId is not null && !store.Customers.IsNamed(owner)))
        {
            store.Customers.SetContact(
                owner, e.Customer == default ? e.Cart : e.Customer, storeId, e.Standing == Standing.Server ? recipient : WithoutNew(e.Cart, storeId, recipient), Short(meta.Timezone, 64), SaidAt(e), attributes, e.Standing, e.Network, userId);
        }

        _orders.MarkLateAddresses(e, storeId, owner, recipient);
        Resubscribe(e, storeId);

        // Signing in ties the customer to this cart's assignments.
        if (e.CartId.Length > 0 && ActsFor(e) is var customer && customer != default)
        {
            identities.SubjectOf(e.Cart, customer);
        }
    }

    // Whose own record it is. An entry of an earlier version has the id of a product in its place.
    static string? UserIdOf(JourneyOptions options, CustomerEvent e, in Hash128 owner) =>
        e.UserId.Length > 0 && owner == e.Customer && options.Stores[e.Store].Ids.CustomerOf(Encoding.UTF8.GetBytes(e.UserId)) == e.Customer ? e.UserId : null;

    // Once a message went to an address that a browser named, the cart keeps it: one address for a cart.
    Recipient WithoutNew(in Hash128 cart, string storeId, Recipient recipient) => new(
        Keep(cart, storeId, AddressKind.Email, recipient.Email), Keep(cart, storeId, AddressKind.Phone, recipient.Phone),
        Keep(cart, storeId, AddressKind.Push, recipient.PushToken));

    string? Keep(in Hash128 cart, string storeId, AddressKind kind, string? address) =>
        address is not null && store.Unproven.HasAnother(cart, kind, store.Addresses.Of(storeId, address)) ? null : address;

    void Consent(CustomerEvent e, string storeId)
    {
        var meta = CustomerEventMeta.Of(e.Meta);
        if (meta.Granted is { } granted && KindOf(meta.Channel) is { } kind)
        {
            store.Customers.SetConsent(OwnerOf(e), kind, granted, SaidAt(e), meta.ExpiresAt ?? long.MaxValue);
            Record(e, storeId, OwnerOf(e), kind, granted, meta, Short(meta.Source, MaxConsentText) ?? (e.Standing == Standing.Server ? "api" : "page"));
            Resubscribe(e, storeId);
        }
    }

    // Proof of what was said, whatever is in force.
    void Record(CustomerEvent e, string storeId, in Hash128 owner, AddressKind kind, bool granted, CustomerEventMeta meta, string source) => store.Consents.Add(owner, e.Id, storeId, kind, new ConsentRecord(
        ConsentTable.ChannelOf(kind), granted, SaidAt(e), e.ReceivedAt, meta.ExpiresAt ?? long.MaxValue, e.Standing, source, Short(meta.Purpose, MaxConsentText), Short(meta.TextVersion, MaxConsentText)));

    // Of a word dated ahead, by a clock that is fast, the receipt: else nothing that is said next could replace it.
    static long SaidAt(CustomerEvent e) => Math.Min(e.At, e.ReceivedAt);

    // Who agrees after having unsubscribed wants messages again. The server must say so, of an address that it named itself: a browser can name
    // somebody else's. Bounces, complaints and the shop's own entries stay until the shop lifts them.
    void Resubscribe(CustomerEvent e, string storeId)
    {
        if (e.Standing != Standing.Server)
        {
            return;
        }

        var owners = ContactResolver.OwnersOf(new Shopper(e.Cart, e.Customer, e.Standing));
        foreach (var kind in s_kinds)
        {
            if (store.Customers.ConsentOf(owners[0], kind) is { Granted: true } consent
                && Array.Find(Array.ConvertAll(owners, owner => store.Customers.ContactOf(owner)), contact => AddressOf(contact, kind) is not null) is { } contact
                && contact.StandingOf(kind) is null or Standing.Server)
            {
                store.Customers.Resubscribe(storeId, kind, AddressOf(contact, kind)!, consent.At);
            }
        }
    }

    static string? AddressOf(Contact? contact, AddressKind kind) => contact is null ? null : CustomerTables.AddressOf(contact.Recipient, kind);

    // A server describes products for everybody; a browser names one for the messages of its own cart, while the server does not.
    void LearnProduct(CustomerEvent e, string storeId)
    {
        if (e.Product == 0)
        {
            return;
        }

        var meta = CustomerEventMeta.Of(e.Meta);
        if (e.Standing == Standing.Server)
        {
            // Only the catalogue has prices: an event's is what this shopper saw.
            store.Products.Set(storeId, e.Product, new Product(
                e.ProductId, Short(meta.Name, MaxTextLength), Link(meta.Url), Link(meta.Image), Price: null, Stock: null));
        }
        else if (!e.IsShared && Short(meta.Name, MaxClaimedName) is { } name && store.Products.Find(storeId, e.Product)?.Name is null)
        {
            store.Products.Claim(e.Cart, e.Product, name, e.At, e.ProductId);
        }
    }

    // Items name their products, whoever sends them; the words are a claim like any other.
    void LearnItems(CustomerEvent e, Store of)
    {
        EventItems.ReadFrom(e.Meta, _items);
        if (_items.Count == 0 || e.IsShared)
        {
            return;
        }

        if (EventTypes.Has(e.Type, EventTraits.TellsCart) && e.Standing != Standing.Server)
        {
            store.Products.ForgetClaims(e.Cart);
        }

        // A server's names serve every cart, so all of them count; a cart has no use for more claims than it has lines.
        var claims = 0;
        foreach (var item in _items)
        {
            var (key, whole) = (item.LineKeyOf(of.Ids), item.Variant is null ? 0 : item.ProductKeyOf(of.Ids));
            var known = store.Products.Find(of.Id, key);
            if (e.Standing == Standing.Server)
            {
                if (known is null || (item.Name is not null && item.Name != known.Name))
                {
                    store.Products.Set(of.Id, key, new Product(item.ProductId, item.Name, null, null, Price: null, Stock: null, item.Variant), whole);
                }
            }
            else if (known?.Name is null && claims++ < CartLines.Capacity)
            {
                store.Products.Claim(e.Cart, key, item.Name ?? item.ProductId, e.At, item.ProductId, item.Variant);
            }
        }
    }

    // The order may arrive before the click that led to it: event time counts, not the order of arrival.
    void Attribute(JourneyOptions options, string id, CustomerEvent e)
    {
        if (e.Type == EventType.Clicked)
        {
            store.Conversions.Attribute(id, "click", e.At, e.At + options.ClickWindow);
        }
        else if (e.Type is EventType.Opened || (e.Type == EventType.Delivered && store.Messages.IsOnSite(id)))
        {
            store.Conversions.Attribute(id, "view", e.At, e.At + options.ViewWindow);
        }
    }

    void Message(JourneyOptions options, CustomerEvent e, string storeId)
    {
        var meta = CustomerEventMeta.Of(e.Meta);
        if (EventTypes.Has(e.Type, EventTraits.EndsContact))
        {
            // Whoever leaves a channel that is not known here leaves all of them; a bounce there says nothing about these.
            AddressKind[] kinds = meta.Channel is null ? [AddressKind.Email] : KindOf(meta.Channel) is { } one ? [one] : e.Type == EventType.Bounced ? [] : s_kinds;
            foreach (var kind in kinds)
            {
                EndContact(e, storeId, kind, meta);
            }
        }
        else if (meta.Intervention is { } id)
        {
            // A browser may report on its own cart only.
            if (store.Messages.Mark(id, e.Type, e.At, e.Standing == Standing.Server ? default : e.Cart))
            {
                Attribute(options, id, e);
            }
        }
    }

    void EndContact(CustomerEvent e, string storeId, AddressKind kind, CustomerEventMeta meta)
    {
        var message = meta.Intervention;
        if (e.IsShared)
        {
            return;
        }

        // Of a message, the shopper who got it; of an order of the shop's own systems, whom it names.
        var owners = ContactResolver.OwnersOf((message is null ? null : store.Journeys.ShopperOf(message)) ?? new Shopper(e.Cart, e.Customer, e.Standing));
        var at = SaidAt(e);
        if (e.Type == EventType.Unsubscribed)
        {
            store.Customers.SetConsent(e.Cart, kind, granted: false, at, long.MaxValue);
            store.Customers.SetConsent(owners[0], kind, granted: false, at, long.MaxValue);
            Record(e, storeId, owners[0], kind, granted: false, meta, "unsubscribed");
            if (store.Customers.ConsentOf(owners[0], kind) is { Granted: true })
            {
                // A late report: the customer has agreed since.
                return;
            }
        }

        // The list is the store's: a browser cannot suppress somebody else's address.
        if (e.Standing == Standing.Server
            && owners.Select(owner => AddressOf(store.Customers.ContactOf(owner), kind)).FirstOrDefault(address => address is not null) is { } address)
        {
            store.Customers.Suppress(storeId, kind, address, EventTypes.NameOf(e.Type), at);
        }
    }

    void Goals(JourneyOptions options, CustomerEvent e, long now)
    {
        if (!options.Campaigns.IsGoal(e.Type))
        {
            return;
        }

        foreach (var active in store.Journeys.ActiveOf(identities.SubjectOf(e.Cart, ActsFor(e)), ScopeOf(e)))
        {
            if (active.StartedBefore(e) && options.Campaigns.Find(active.Campaign)?.Goal == e.Type)
            {
                sender.Exit(active.Id, WithheldReason.GoalReached, now);
            }
        }
    }

    // The customer the event may act for; empty for a user that a browser only claims to be.
    internal static Hash128 ActsFor(CustomerEvent e) => e.Standing == Standing.Claimed || e.IsShared ? default : e.Customer;

    // The cart whose journeys the event may end; empty for all of the shopper's.
    internal static Hash128 ScopeOf(CustomerEvent e) => e.Standing == Standing.Claimed || e.IsShared ? e.Cart : default;

    internal static Hash128 OwnerOf(CustomerEvent e) =>
        e.Customer == default ? e.Cart : e.Standing == Standing.Claimed ? IdentityResolver.InCart(e.Cart, e.Customer) : e.Customer;

    /// <summary>Returns the kind of address that a channel name in an event denotes.</summary>
    internal static AddressKind? KindOf(string? channel) => channel switch
    {
        "email" => AddressKind.Email,
        "sms" => AddressKind.Phone,
        "push" => AddressKind.Push,
        _ => null,
    };

    static string? Short(string? text, int longest) => text is { Length: > 0 } && text.Length <= longest ? text : null;

    static string? Link(string? text) =>
        text is { Length: <= MaxTextLength } && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? text : null;
}
