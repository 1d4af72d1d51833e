using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys;

/// <summary>Notes what events say of customers, products, messages and orders.</summary>
/// <param name="store">What is known.</param>
/// <param name="identities">Whom lots are drawn for.</param>
/// <param name="sending">Ends journeys.</param>
/// <param name="counters">What is counted.</param>
sealed class CustomerEventProjector(JourneyStore store, IdentityResolver identities, MessageSender sending, JourneyCounters counters)
{
    const int LongestAddress = 320, LongestText = 2048;

    /// <summary>Notes a fact. To note it again changes nothing.</summary>
    public void Note(JourneyOptions setup, CustomerEvent fact, long now)
    {
        counters.Facts++;
        var storeId = setup.Stores[fact.Store].Id;
        switch (fact.Type)
        {
            case EventType.Purchase:
                Purchase(setup, fact, storeId, now);
                break;
            case EventType.Refund:
                Refund(setup, fact, storeId);
                break;
            case EventType.Identify:
                Identify(fact, storeId);
                break;
            case EventType.Consent:
                Consent(fact);
                break;
            case var type when EventTypes.Has(type, EventTraits.DescribesProduct):
                LearnProduct(fact, storeId);
                break;
            case var type when EventTypes.Has(type, EventTraits.Message):
                Message(setup, fact, storeId);
                break;
        }

        Goals(setup, fact, now);
    }

    void Purchase(JourneyOptions setup, CustomerEvent fact, string storeId, long now)
    {
        if (fact.Customer != default)
        {
            store.Customers.SetPurchased(fact.Customer, fact.At);
        }

        var subject = identities.SubjectOf(fact.Cart, fact.Customer);
        if (store.Journeys.LatestOf(subject, storeId, fact.At) is not { } journey)
        {
            // Most who buy were never in a campaign: nothing is to be attributed, and nothing to end.
            return;
        }

        if (fact.At - journey.TurnedAt <= setup.OutcomeWindow)
        {
            var touch = store.Messages.TouchOf(subject, storeId, fact.At - setup.ClickWindow, fact.At - setup.ViewWindow, fact.At);
            store.Conversions.Add(
                fact, storeId, subject, fact.Amount, journey.Id, touch?.Id, touch?.Kind, CurrencyOf(setup, fact));
        }

        // Whoever has bought, in this cart or in another, is not reminded of any.
        foreach (var (id, _, startedAt) in store.Journeys.ActiveOf(subject))
        {
            if (startedAt < fact.At)
            {
                sending.Exit(id, WithheldReason.Purchased, now);
            }
        }
    }

    void Refund(JourneyOptions setup, CustomerEvent fact, string storeId)
    {
        if (store.Conversions.OrderBefore(fact.Cart, fact.At) is { } order)
        {
            var subject = identities.SubjectOf(fact.Cart, fact.Customer);
            store.Conversions.Add(
                fact, storeId, subject, -fact.Amount, order.Journey, order.Intervention, order.Touch, CurrencyOf(setup, fact));
        }
    }

    void Identify(CustomerEvent fact, string storeId)
    {
        var meta = CustomerEventMeta.Of(fact.Meta);
        var recipient = new Recipient(Address(meta.Email, '@'), Address(meta.Phone, '+'), Short(meta.PushToken, LongestText));
        var owner = OwnerOf(fact);
        var known = store.Customers.AttributesOf(owner);
        var attributes = CustomerAttributes.Merge(known, fact.Meta);
        if (recipient != new Recipient() || meta.Timezone is not null || attributes != known)
        {
            store.Customers.SetContact(owner, storeId, recipient, Short(meta.Timezone, 64), fact.At, attributes);
        }

        // Who signs in is from now on whom lots were drawn for in this cart.
        if (fact.Customer != default)
        {
            identities.SubjectOf(fact.Cart, fact.Customer);
        }
    }

    void Consent(CustomerEvent fact)
    {
        var meta = CustomerEventMeta.Of(fact.Meta);
        if (meta.Granted is not { } granted || KindOf(meta.Channel) is not { } kind)
        {
            return;
        }

        var expiresAt = meta.ExpiresAt ?? long.MaxValue;
        store.Customers.SetConsent(OwnerOf(fact), kind, granted, fact.At, expiresAt);

        // A no is taken from anyone: it is noted for the customer too.
        if (!granted && fact.Customer != default)
        {
            store.Customers.SetConsent(fact.Customer, kind, granted: false, fact.At, expiresAt);
        }
    }

    void LearnProduct(CustomerEvent fact, string storeId)
    {
        if (fact.Product == 0)
        {
            return;
        }

        // A browser may say what a product is called, and a server what it costs: by the catalogue alone.
        var meta = CustomerEventMeta.Of(fact.Meta);
        store.Products.Set(storeId, fact.Product, new Product(
            fact.ProductId, Short(meta.Name, LongestText), Link(meta.Url), Link(meta.Image), Price: null, Stock: null));
    }

    // The order may have been told of before the click that led to it: what happened first counts, not what came in first.
    void Attribute(JourneyOptions setup, string id, CustomerEvent fact)
    {
        if (fact.Type == EventType.Clicked)
        {
            store.Conversions.Attribute(id, "click", fact.At, fact.At + setup.ClickWindow);
        }
        else if (fact.Type is EventType.Opened || (fact.Type == EventType.Delivered && store.Messages.IsOnSite(id)))
        {
            store.Conversions.Attribute(id, "view", fact.At, fact.At + setup.ViewWindow);
        }
    }

    void Message(JourneyOptions setup, CustomerEvent fact, string storeId)
    {
        var meta = CustomerEventMeta.Of(fact.Meta);
        if (EventTypes.Has(fact.Type, EventTraits.EndsContact))
        {
            Refusal(fact, storeId, KindOf(meta.Channel) ?? AddressKind.Email);
        }
        else if (meta.Intervention is { } id)
        {
            // A browser speaks for its own cart alone.
            if (store.Messages.Mark(id, fact.Type, fact.At, fact.IsVerified ? default : fact.Cart))
            {
                Attribute(setup, id, fact);
            }
        }
    }

    void Refusal(CustomerEvent fact, string storeId, AddressKind kind)
    {
        var owner = OwnerOf(fact);
        if (fact.Type == EventType.Unsubscribed)
        {
            store.Customers.SetConsent(fact.Cart, kind, granted: false, fact.At, long.MaxValue);
            if (fact.Customer != default)
            {
                store.Customers.SetConsent(fact.Customer, kind, granted: false, fact.At, long.MaxValue);
            }
        }

        // The list is the shop's: a browser cannot put someone else's address on it.
        var recipient = (store.Customers.ContactOf(owner) ?? store.Customers.ContactOf(IdentityResolver.InCart(fact.Cart, fact.Customer))
            ?? store.Customers.ContactOf(fact.Cart))?.Recipient;
        if (fact.IsVerified && recipient is not null && CustomerTables.AddressOf(recipient, kind) is { } address)
        {
            store.Customers.Suppress(storeId, kind, address, EventTypes.NameOf(fact.Type), fact.At);
        }
    }

    void Goals(JourneyOptions setup, CustomerEvent fact, long now)
    {
        if (!setup.Campaigns.IsGoal(fact.Type))
        {
            return;
        }

        foreach (var (id, campaign, startedAt) in store.Journeys.ActiveOf(identities.SubjectOf(fact.Cart, fact.Customer)))
        {
            if (startedAt < fact.At && setup.Campaigns.Find(campaign)?.Goal == fact.Type)
            {
                sending.Exit(id, WithheldReason.GoalReached, now);
            }
        }
    }

    static Hash128 OwnerOf(CustomerEvent fact) =>
        fact.Customer == default ? fact.Cart : fact.IsVerified ? fact.Customer : IdentityResolver.InCart(fact.Cart, fact.Customer);

    static string CurrencyOf(JourneyOptions setup, CustomerEvent fact) =>
        fact.Currency == 0 ? setup.Stores[fact.Store].Currency : CurrencyCode.ToString(fact.Currency);

    /// <summary>The address that a channel's name in an event means.</summary>
    internal static AddressKind? KindOf(string? channel) => channel switch
    {
        "email" => AddressKind.Email,
        "sms" => AddressKind.Phone,
        "push" => AddressKind.Push,
        _ => null,
    };

    static string? Address(string? text, char mark) =>
        text is { Length: <= LongestAddress } && text.Contains(mark, StringComparison.Ordinal) && !text.Any(char.IsControl) ? text.Trim() : null;

    static string? Short(string? text, int longest) => text is { Length: > 0 } && text.Length <= longest ? text : null;

    static string? Link(string? text) =>
        text is { Length: <= LongestText } && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? text : null;
}
