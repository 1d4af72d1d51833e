using CartRecovery.Contracts;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Recipients;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Stores customers' data: identity, addresses, consent. A server's data is stored under the customer, a browser's under the
/// cart and the user signed in there, so that nobody can redirect another customer's messages.
/// </summary>
public sealed class CustomerTables
{
    readonly Statement _subject, _setSubject, _joined, _purchase, _setPurchase, _purchaseAfter, _purgePurchases, _contact, _contactsAfter, _setContact, _consent, _setConsent, _suppressed, _suppress, _resubscribe, _release;

    const string UserId = "user_id";

    static readonly string[] s_ofMailbox = ["bounced", "mailbox_unavailable"];

    // Where the last purge of old purchases ended. It scans a thousand at a time; an index by time would cost more.
    Hash128 _seenUpTo;

    readonly ShopperFilter _filter;
    readonly PersonTable _people;
    readonly AddressKeys _addresses;

    internal CustomerTables(Database database, ShopperFilter filter, PersonTable people, AddressKeys addresses)
    {
        (_filter, _people, _addresses) = (filter, people, addresses);
        _subject = database.Prepare("SELECT subject FROM identity WHERE customer=?1");
        _setSubject = database.Prepare("INSERT OR IGNORE INTO identity(customer, subject) VALUES(?1, ?2)");
        _joined = database.Prepare("SELECT 1 FROM identity WHERE subject=?1 AND customer<>?2 LIMIT 1");
        _purchase = database.Prepare("SELECT at FROM purchase WHERE owner=?1");
        _setPurchase = database.Prepare(
            "INSERT INTO purchase(owner, at) VALUES(?1, ?2) ON CONFLICT(owner) DO UPDATE SET at=max(at, excluded.at)");
        _purchaseAfter = database.Prepare("SELECT owner FROM purchase WHERE owner>coalesce(?1, x'') ORDER BY owner LIMIT 1 OFFSET 999");
        _purgePurchases = database.Prepare("DELETE FROM purchase WHERE owner>coalesce(?1, x'') AND (?2 IS NULL OR owner<=?2) AND at<?3");
        _contact = database.Prepare(
            "SELECT email, phone, push, zone, email_standing, phone_standing, push_standing, network, at, attributes, store, user_id, created_at FROM contact WHERE owner=?1");
        _setContact = database.Prepare("""
            INSERT OR REPLACE INTO contact(owner, store, email, phone, push, zone, at, attributes, email_standing, phone_standing, push_standing, network, user_id,
                created_at)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """);
        _contactsAfter = database.Prepare("SELECT owner FROM contact WHERE store=?3 AND user_id IS NOT NULL AND owner>coalesce(?1, x'') ORDER BY owner LIMIT ?2");
        _consent = database.Prepare("SELECT granted, expires, at FROM consent WHERE owner=?1 AND address=?2");
        _setConsent = database.Prepare("""
            INSERT INTO consent(owner, address, granted, at, expires) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(owner, address) DO UPDATE SET granted=excluded.granted, at=excluded.at, expires=excluded.expires WHERE excluded.at >= at
            """);
        _suppressed = database.Prepare("SELECT 1 FROM suppression WHERE store=?1 AND address=?2 AND value=?3");
        _suppress = database.Prepare("""
            INSERT INTO suppression(store, address, value, reason, at) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(store, address, value) DO UPDATE SET reason=excluded.reason, at=max(at, excluded.at) WHERE reason='unsubscribed'
            """);
        _resubscribe = database.Prepare("DELETE FROM suppression WHERE store=?1 AND address=?2 AND value=?3 AND reason='unsubscribed' AND at<=?4");
        _release = database.Prepare("DELETE FROM suppression WHERE store=?1 AND address=?2 AND value=?3");
    }

    /// <summary>
    /// Returns the subject that experiments assign a customer, or a cart's anonymous shopper, by; <see langword="null"/> if it is their own
    /// key.
    /// </summary>
    public Hash128? SubjectOf(in Hash128 customer)
    {
        if (!_filter.MayBeJoined(customer) || !_subject.With(customer).Next())
        {
            return null;
        }

        var subject = _subject.Key(0);
        _subject.Reset();
        return subject;
    }

    /// <summary>Records the anonymous shopper whose assignments a customer keeps.</summary>
    public void Join(in Hash128 customer, in Hash128 subject)
    {
        _setSubject.With(customer).With(subject).Run();
        _filter.AddJoined(customer);
    }

    /// <summary>Returns <see langword="true"/> if the anonymous shopper of a cart is known to be a customer.</summary>
    public bool IsJoined(in Hash128 subject, in Hash128 cart) => _joined.With(subject).With(cart).Number() is not null;

    /// <summary>Returns the customer's last purchase (ms since 1970 UTC); 0 for none.</summary>
    public long PurchasedAt(in Hash128 customer) => customer == default ? 0 : _purchase.With(customer).Number() ?? 0;

    /// <summary>Records a purchase.</summary>
    public void SetPurchased(in Hash128 customer, long at) => _setPurchase.With(customer).With(at).Run();

    /// <summary>Deletes old purchases among the next thousand customers.</summary>
    /// <param name="before">Purchases before this time (ms since 1970 UTC).</param>
    internal void PurgePurchases(long before)
    {
        var end = default(Hash128);
        if (_purchaseAfter.With(_seenUpTo).Next())
        {
            end = _purchaseAfter.Key(0);
            _purchaseAfter.Reset();
        }

        _purgePurchases.With(_seenUpTo).With(end).With(before).Run();
        _seenUpTo = end;
    }

    /// <summary>Returns the addresses and time zone of a customer or a cart's shopper, or <see langword="null"/>.</summary>
    public Contact? ContactOf(in Hash128 owner) =>
        RowOf(owner)?.Contact is { } contact && (contact.Recipient != new Recipient() || contact.Zone is not null) ? contact : null;

    /// <summary>Stores addresses, zone and attributes. <see langword="null"/> leaves the stored value unchanged.</summary>
    /// <param name="owner">The customer, or the cart.</param>
    /// <param name="person">Whose key encrypts them.</param>
    /// <param name="store">The store.</param>
    /// <param name="recipient">The addresses.</param>
    /// <param name="zone">The time zone.</param>
    /// <param name="at">Time of the event (ms since 1970 UTC); later data stays.</param>
    /// <param name="attributes">The attributes.</param>
    /// <param name="standing">The standing of the sender that named the addresses.</param>
    /// <param name="network">A key of the network they came from; 0 if unknown.</param>
    /// <param name="userId">The customer's id, if the owner is a customer.</param>
    public void SetContact(
        in Hash128 owner, in Hash128 person, string store, Recipient recipient, string? zone, long at, string? attributes, Standing standing, ulong network, string? userId = null)
    {
        var before = RowOf(owner);
        if (before?.At > at)
        {
            return;
        }

        _filter.AddContact(owner);
        var known = before?.Contact ?? new Contact(new Recipient(), Zone: null, standing, standing, standing, Network: 0);
        _setContact.With(owner).With(store);
        _people.Bind(_setContact, person, Place(store, owner, "email"), recipient.Email ?? known.Recipient.Email);
        _people.Bind(_setContact, person, Place(store, owner, "phone"), recipient.Phone ?? known.Recipient.Phone);
        _people.Bind(_setContact, person, Place(store, owner, "push"), recipient.PushToken ?? known.Recipient.PushToken);
        _setContact.With(zone ?? known.Zone).With(at);
        _people.Bind(_setContact, person, Place(store, owner, "attributes"), attributes ?? before?.Attributes);
        _setContact.With((long?)StandingOf(recipient.Email, known.Recipient.Email, known.Email, standing))
            .With((long?)StandingOf(recipient.Phone, known.Recipient.Phone, known.Phone, standing))
            .With((long?)StandingOf(recipient.PushToken, known.Recipient.PushToken, known.Push, standing))
            .With(before is not null && recipient == new Recipient() ? known.Network : (long)network);
        _people.Bind(_setContact, person, Place(store, owner, UserId), userId ?? before?.UserId);
        _setContact.With(before is null ? at : before.CreatedAt).Run();
    }

    /// <summary>
    /// Returns the attributes of a customer or a cart's shopper in the format of <see cref="Messages.CustomerAttributes"/>, or <see
    /// langword="null"/>.
    /// </summary>
    public string? AttributesOf(in Hash128 owner) => RowOf(owner)?.Attributes;

    /// <summary>Returns whether a customer's id is stored with the record.</summary>
    public bool IsNamed(in Hash128 owner) => RowOf(owner)?.UserId is not null;

    /// <summary>Returns what is known of a customer, or <see langword="null"/>.</summary>
    /// <param name="owner">The customer.</param>
    public KnownCustomer? Find(in Hash128 owner) => RowOf(owner) is { } row
        ? new KnownCustomer(owner, row.UserId, row.Contact.Recipient, row.Contact.Zone, row.Attributes, row.CreatedAt, row.At) : null;

    /// <summary>Reads a store's customers whose ids are known, by key.</summary>
    /// <param name="store">The store.</param>
    /// <param name="after">The key after which to begin; empty for the first.</param>
    /// <param name="count">How many records to look at.</param>
    /// <returns>The customers, and the last key that was looked at; <see langword="null"/> if there are no more.</returns>
    public (List<KnownCustomer> Found, Hash128? Last) ListAfter(string store, in Hash128 after, int count)
    {
        var owners = new List<Hash128>();
        for (_contactsAfter.With(after).With((long)count).With(store); _contactsAfter.Next();)
        {
            owners.Add(_contactsAfter.Key(0));
        }

        return ([.. owners.Select(owner => Find(owner)).Where(customer => customer?.UserId is not null).Select(customer => customer!)], owners.Count < count ? null : owners[^1]);
    }

    /// <summary>Returns the latest consent for a channel, or <see langword="null"/>.</summary>
    public Consent? ConsentOf(in Hash128 owner, AddressKind address)
    {
        if (owner == default || !_consent.With(owner).With((long)address).Next())
        {
            return null;
        }

        var consent = new Consent(_consent.Long(0) != 0, _consent.Long(1), _consent.Long(2));
        _consent.Reset();
        return consent;
    }

    /// <summary>Records a consent. The latest by event time counts, whatever the order of arrival.</summary>
    public void SetConsent(in Hash128 owner, AddressKind address, bool granted, long at, long expiresAt) =>
        _setConsent.With(owner).With((long)address).With(granted).With(at).With(expiresAt).Run();

    /// <summary>
    /// Returns <see langword="true"/> if the address is on the store's suppression list, however it is written, with its tag after a plus sign or
    /// without.
    /// </summary>
    public bool IsSuppressed(string store, AddressKind address, string value)
    {
        foreach (var spelling in SpellingsOf(value))
        {
            if (Bind(_suppressed.With(store).With((long)address), spelling).Number() is not null)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Adds an address to the suppression list, with whatever tag after a plus sign. A mailbox that takes no mail is suppressed as it is
    /// written: a provider without tags has others beside it. A reason that consent does not lift replaces an unsubscription.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="address">The kind of address.</param>
    /// <param name="value">The address.</param>
    /// <param name="reason">unsubscribed, bounced, complained, or the shop's own reason.</param>
    /// <param name="at">Time (ms since 1970 UTC).</param>
    public void Suppress(string store, AddressKind address, string value, string reason, long at)
    {
        var folded = AddressKeys.Fold(value);
        folded = address == AddressKind.Email && !s_ofMailbox.Contains(reason) ? AddressKeys.WithoutTag(folded) : folded;
        Bind(_suppress.With(store).With((long)address), folded).With(reason).With(at).Run();
    }

    /// <summary>Lifts an address's unsubscription up to a time, with its tag after a plus sign or without. Other reasons stay.</summary>
    public void Resubscribe(string store, AddressKind address, string value, long at)
    {
        foreach (var spelling in SpellingsOf(value))
        {
            Bind(_resubscribe.With(store).With((long)address), spelling).With(at).Run();
        }
    }

    /// <summary>Removes an address from the suppression list, with its tag after a plus sign and without.</summary>
    /// <returns><see langword="false"/> if it was not on the list.</returns>
    public bool Release(string store, AddressKind address, string value) =>
        SpellingsOf(value).Sum(spelling => Bind(_release.With(store).With((long)address), spelling).Run()) > 0;

    /// <summary>Returns the recipient's address of this kind, or <see langword="null"/>.</summary>
    public static string? AddressOf(Recipient recipient, AddressKind address) => address switch
    {
        AddressKind.Email => recipient.Email,
        AddressKind.Phone => recipient.Phone,
        AddressKind.Push => recipient.PushToken,
        _ => null,
    };

    static IEnumerable<string> SpellingsOf(string address) =>
        AddressKeys.Spellings(address).SelectMany(spelling => (string[])[spelling, AddressKeys.WithoutTag(spelling)]).Distinct(StringComparer.Ordinal);

    Statement Bind(Statement statement, string folded) =>
        _addresses.SuppressedOf(folded) is { Text: { } text } ? statement.With(text) : statement.With(_addresses.SuppressedOf(folded).Key);

    // Addresses were kept as they were sent, numbers if they were international.
    static string? MailOf(string? kept) => kept is null ? null : EmailText.Parse(kept) ?? kept;

    static string? NumberOf(string? kept) => kept is null ? null : PhoneText.ToE164(kept, country: null) ?? kept;

    ContactRow? RowOf(in Hash128 owner)
    {
        if (owner == default || !_filter.MayHaveContact(owner) || !_contact.With(owner).Next())
        {
            return null;
        }

        var store = _contact.Text(10);
        var row = new ContactRow(
            new Contact(
                new Recipient(
                    MailOf(_people.Read(_contact, 0, Place(store, owner, "email"))),
                    NumberOf(_people.Read(_contact, 1, Place(store, owner, "phone"))),
                    _people.Read(_contact, 2, Place(store, owner, "push"))),
                _contact.TextOrNull(3), (Standing?)_contact.LongOrNull(4), (Standing?)_contact.LongOrNull(5), (Standing?)_contact.LongOrNull(6), _contact.LongOrNull(7) ?? 0),
            _contact.Long(8), _people.Read(_contact, 9, Place(store, owner, "attributes")), _people.Read(_contact, 11, Place(store, owner, UserId)), _contact.LongOrNull(12) ?? _contact.Long(8));
        _contact.Reset();
        return row;
    }

    static PersonalPlace Place(string store, in Hash128 owner, string column) => new(store, owner, column);

    // Who names a known address again vouches for it at least as much as before.
    static Standing? StandingOf(string? named, string? known, Standing? before, Standing standing) =>
        named is null ? before : named == known && before > standing ? before : standing;

    sealed record ContactRow(Contact Contact, long At, string? Attributes, string? UserId, long CreatedAt);
}
