using System.Text;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Journeys.Erasure;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Messages;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Privacy;

/// <summary>
/// Exports all data of a person in a machine-readable form, with a manifest of what is not included. Reads the journal twice and each table
/// once; memory is bounded by the person's carts. Blocks its thread.
/// </summary>
/// <param name="targets">The parts of the engine with personal data.</param>
/// <param name="store">The person's store.</param>
/// <param name="userId">The user's id.</param>
/// <param name="findCart">Reads the state of a cart, by its key.</param>
/// <param name="time">The clock.</param>
public sealed class PersonExport(ErasureTargets targets, Store store, string userId, Func<Hash128, CancellationToken, Task<CartRecord?>> findCart, TimeProvider time)
{
    /// <summary>The version of the format.</summary>
    public const int Format = 1;

    static readonly (string What, string Why)[] s_notIncluded =
    [
        ("features and scores of carts", "They are computed from the events: GET /v1/features/{cartId}, and the journal's events."),
        ("suppressed addresses that the person did not give", "The list has keyed hashes, which cannot be reversed."),
        ("addresses and consents given anonymously in carts that another customer has continued", "They may be the other's."),
        ("differences in reports of reconciliations", "They repeat ids of carts and orders that the shop sent: GET /v1/reconciliation/{id}."),
        ("entries of the audit log", "They name people by keyed hashes, and record the actions of staff."),
        ("events that the journal's retention has deleted", "They do not exist any more."),
        ("files and queues of sinks, delivered messages, logs of other systems", "They left the engine."),
    ];

    readonly List<(string Name, string What, long Items)> _kinds = [];
    PersonId _id = new(store.Ids.StoredForm(userId), [], [], []);
    long _locked;

    /// <summary>Writes the export.</summary>
    /// <exception cref="IOException">A file cannot be read, or the client has disconnected.</exception>
    public void WriteTo(IPersonExportWriter writer, CancellationToken cancellation)
    {
        targets.SettleAsync(cancellation).GetAwaiter().GetResult();
        var rows = Find(cancellation);
        var person = PersonOf(_id);
        var records = new PersonRecords(targets.Database, person, rows);
        Write(writer, "contacts", "addresses, time zone and attributes, by the cart that they were given in; the first is the customer's own", Contacts(person, cancellation));
        Write(writer, "consents", "the consents in force", records.Consents());
        Write(writer, "consentRecords", "consents and refusals by channel, as reported", ConsentRecords(person, cancellation));
        Write(writer, "suppressions", "suppressed addresses", Suppressions(person));
        Write(writer, "journeys", "campaigns that were triggered", records.Journeys());
        Write(writer, "messages", "messages, sent or not, with their outcomes", records.Messages());
        Write(writer, "orders", "orders after a campaign was triggered; refunds have a negative value", records.Orders());
        Write(writer, "refunds", "refunds as they were reported", records.Refunds());
        Write(writer, "codes", "discount codes", records.Codes());
        Write(writer, "carts", "the present state of the carts, unless they now name somebody else", Carts(person, cancellation));
        Write(writer, "events", "the events of the journal that name the customer, and anonymous ones of their carts", Events(person, cancellation));
        Write(writer, "archivedEvents", "the same of the archives; those that the journal has too are in both", Archived(person));
        Write(writer, "deadLetters", "rejected events that name the person", Letters(person));
        writer.Finish(Manifest);
    }

    PersonRows Find(CancellationToken cancellation)
    {
        var customer = store.Ids.CustomerOf(Encoding.UTF8.GetBytes(_id.UserId));
        var (carts, orders) = targets.Journal.Find([(store.Number, customer)], cancellation)[0];
        _id = _id with { Carts = [.. carts], Orders = [.. orders] };
        AddArchived(cancellation);
        AddAddresses();
        var person = PersonOf(_id);
        var reached = Ask(engine => person.Addresses.Select(address => engine.Store.Addresses.Of(person.Store, address)).ToHashSet());
        var rows = PersonRows.Find(targets.Database, person, reached, cancellation);
        _id = _id with { Carts = [.. _id.Carts.Union(rows.Carts, StringComparer.Ordinal)] };
        AddAddresses();
        return rows;
    }

    void AddArchived(CancellationToken cancellation)
    {
        var found = new ArchivedIds(store, _id.UserId);
        foreach (var row in targets.Archives?.Read(store.Id) ?? [])
        {
            cancellation.ThrowIfCancellationRequested();
            found.Add(row);
        }

        _id = _id with
        {
            Carts = [.. _id.Carts.Union(found.Carts, StringComparer.Ordinal)],
            Orders = [.. _id.Orders.Union(found.Orders, StringComparer.Ordinal)],
            Addresses = [.. _id.Addresses.Union(found.Addresses, StringComparer.Ordinal)],
        };
    }

    void AddAddresses()
    {
        var person = PersonOf(_id);
        _id = _id with { Addresses = [.. _id.Addresses.Union(Ask(engine => engine.AddressesOf(person)), StringComparer.Ordinal)] };
    }

    IEnumerable<Action<Utf8JsonWriter>> Contacts(Person person, CancellationToken cancellation)
    {
        foreach (var (cart, owner) in OwnersOf(person, cancellation))
        {
            var (contact, attributes) = Ask(engine => (engine.Store.Customers.ContactOf(owner), engine.Store.Customers.AttributesOf(owner)));
            if (contact is not null || attributes is not null)
            {
                yield return json => Write(json, Shown(cart), contact, attributes);
            }
        }
    }

    // Excludes anonymous data of a cart that another customer has continued: it may be the other's.
    IEnumerable<(string? Cart, Hash128 Owner)> OwnersOf(Person person, CancellationToken cancellation)
    {
        yield return (null, person.Customer);
        foreach (var cart in person.Carts)
        {
            var key = store.Ids.CartOf(Encoding.UTF8.GetBytes(cart));
            if (findCart(key, cancellation).GetAwaiter().GetResult() is not { } record || !IsOfAnother(record, person))
            {
                yield return (cart, key);
            }

            yield return (cart, Hash128.Join(key, person.Customer));
        }
    }

    static void Write(Utf8JsonWriter json, string? cart, Contact? contact, string? attributes)
    {
        json.WriteStartObject();
        json.WriteString("cartId"u8, cart);
        json.WriteString("email"u8, contact?.Recipient.Email);
        json.WriteString("phone"u8, contact?.Recipient.Phone);
        json.WriteString("pushToken"u8, contact?.Recipient.PushToken);
        json.WriteString("timezone"u8, contact?.Zone);
        json.WritePropertyName("attributes"u8);
        if (attributes is null)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteRawValue(attributes);
        }

        json.WriteEndObject();
    }

    IEnumerable<Action<Utf8JsonWriter>> ConsentRecords(Person person, CancellationToken cancellation)
    {
        foreach (var (cart, owner) in OwnersOf(person, cancellation))
        {
            foreach (var record in Ask(engine => engine.Store.Consents.Of(owner)))
            {
                yield return json => Write(json, Shown(cart), record);
            }
        }
    }

    static void Write(Utf8JsonWriter json, string? cart, ConsentRecord record)
    {
        json.WriteStartObject();
        json.WriteString("cartId"u8, cart);
        json.WriteString("channel"u8, record.Channel);
        json.WriteBoolean("granted"u8, record.Granted);
        json.WriteString("purpose"u8, record.Purpose);
        json.WriteString("textVersion"u8, record.TextVersion);
        json.WriteString("source"u8, record.Source);
        json.WriteString("reportedBy"u8, record.Standing.ToString().ToLowerInvariant());
        json.WriteString("at"u8, PersonRecords.TimeOf(record.At));
        json.WriteString("receivedAt"u8, PersonRecords.TimeOf(record.ReceivedAt));
        json.WriteEndObject();
    }

    IEnumerable<Action<Utf8JsonWriter>> Suppressions(Person person)
    {
        foreach (var address in person.Addresses)
        {
            var kind = address.Contains('@', StringComparison.Ordinal) ? AddressKind.Email : address.StartsWith('+') ? AddressKind.Phone : AddressKind.Push;
            var isSuppressed = Ask(engine => engine.Store.Customers.IsSuppressed(store.Id, kind, address));
            yield return json =>
            {
                json.WriteStartObject();
                json.WriteString("address"u8, address);
                json.WriteBoolean("suppressed"u8, isSuppressed);
                json.WriteEndObject();
            };
        }
    }

    IEnumerable<Action<Utf8JsonWriter>> Carts(Person person, CancellationToken cancellation)
    {
        foreach (var id in person.Carts)
        {
            if (findCart(store.Ids.CartOf(Encoding.UTF8.GetBytes(id)), cancellation).GetAwaiter().GetResult() is not { } cart || IsOfAnother(cart, person))
            {
                continue;
            }

            var lines = Ask(engine => engine.LinesOf(store, cart));
            yield return json => Write(json, Shown(id)!, cart, lines);
        }
    }

    bool IsOfAnother(in CartRecord cart, Person person) => cart.UserLength != 0 && store.Ids.CustomerOf(cart.UserId) != person.Customer;

    static void Write(Utf8JsonWriter json, string id, CartRecord cart, IReadOnlyList<(MessageLine Line, Product? Product)> lines)
    {
        json.WriteStartObject();
        json.WriteString("cartId"u8, id);
        json.WriteNumber("itemCount"u8, cart.ItemCount);
        json.WriteNumber("value"u8, Money.ToDecimal(cart.Value));
        json.WriteString("currency"u8, CurrencyCode.ToString(cart.Currency));
        json.WriteString("updatedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(cart.LastAt).UtcDateTime);
        json.WriteStartArray("lines"u8);
        foreach (var (line, _) in lines)
        {
            json.WriteStartObject();
            json.WriteString("productId"u8, line.ProductId);
            json.WriteString("name"u8, line.Name);
            json.WriteString("variant"u8, line.Variant);
            json.WriteNumber("quantity"u8, line.Quantity);
            json.WriteNumber("price"u8, line.Price);
            json.WriteString("currency"u8, line.Currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    IEnumerable<Action<Utf8JsonWriter>> Events(Person person, CancellationToken cancellation)
    {
        foreach (var write in targets.Journal.Events(store, person, locked => _locked += locked, cancellation))
        {
            yield return write;
        }
    }

    IEnumerable<Action<Utf8JsonWriter>> Archived(Person person)
    {
        var archived = new ArchivedPerson(person);
        return (targets.Archives?.Read(store.Id) ?? []).Where(archived.Has).Select(row => (Action<Utf8JsonWriter>)(json =>
        {
            // Archives of earlier versions have sealed ids.
            EventRows.Show(row, store.Ids);
            EventRows.Write(json, row);
        }));
    }

    IEnumerable<Action<Utf8JsonWriter>> Letters(Person person)
    {
        var spellings = new PersonSpellings(person);
        foreach (var letter in targets.DeadLetters.Read(store: store.Id))
        {
            if (letter.Store == store.Id && letter.Event.Length > 0 && spellings.AreIn(letter.Event))
            {
                yield return json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("id"u8, letter.Id);
                    json.WriteString("at"u8, DateTimeOffset.FromUnixTimeMilliseconds(letter.At).UtcDateTime);
                    json.WriteString("code"u8, letter.Code);
                    json.WriteString("event"u8, letter.Event);
                    json.WriteEndObject();
                };
            }
        }
    }

    void Write(IPersonExportWriter writer, string name, string what, IEnumerable<Action<Utf8JsonWriter>> items)
    {
        writer.Begin(name);
        var count = 0L;
        foreach (var item in items)
        {
            writer.Write(item);
            count++;
        }

        writer.End();
        _kinds.Add((name, what, count));
    }

    void Manifest(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("format"u8, Format);
        json.WriteString("storeId"u8, store.Id);
        json.WriteString("userId"u8, userId);
        json.WriteStartArray("sealedIds"u8);
        foreach (var id in _id.Carts.Prepend(_id.UserId).Where(id => store.Ids.ShownForm(id) != id))
        {
            json.WriteStartObject();
            json.WriteString("stored"u8, id);
            json.WriteString("id"u8, store.Ids.ShownForm(id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("createdAt"u8, time.GetUtcNow().UtcDateTime);
        json.WriteString("version"u8, targets.Version);
        json.WriteStartArray("included"u8);
        foreach (var (name, what, items) in _kinds)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, name);
            json.WriteString("what"u8, what);
            json.WriteNumber("items"u8, items);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("notIncluded"u8);
        foreach (var (what, why) in _locked == 0 ? NotIncluded : [.. NotIncluded, ("personal data of some events", "It is encrypted, and its keys were destroyed.")])
        {
            json.WriteStartObject();
            json.WriteString("what"u8, what);
            json.WriteString("why"u8, why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    string? Shown(string? id) => id is null ? null : store.Ids.ShownForm(id);

    Person PersonOf(PersonId id) => new(store.Id, id.UserId, store.Ids, id.Carts, id.Orders, id.Addresses);

    IEnumerable<(string What, string Why)> NotIncluded => s_notIncluded.Concat((targets.Archives?.Missing ?? [])
        .Select(folder => ($"archived events in {folder}", "The archive is missing.")));

    T Ask<T>(Func<Journeys.JourneyEngine, T> ask) => targets.Journeys.InvokeAsync((engine, _) => ask(engine)).GetAwaiter().GetResult();

    sealed record PersonId(string UserId, IReadOnlyList<string> Carts, IReadOnlyList<string> Orders, IReadOnlyList<string> Addresses);
}
