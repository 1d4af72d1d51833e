using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// A Bloom filter over shoppers and carts with stored data. Avoids queries for nearly everyone who buys, and for everyone a campaign
/// reaches the first time. <see langword="true"/> means maybe. A rolled-back transaction leaves its keys in the filter, which costs a
/// query.
/// </summary>
public sealed class ShopperFilter
{
    /// <summary>Memory of the filter, in bytes.</summary>
    public const int Bytes = 16 << 20;

    readonly BloomFilter _keys = new(Bytes);

    internal ShopperFilter(Database database)
    {
        // Reads the indexes, which are much smaller than the tables.
        using var subjects = new Query(database, "SELECT subject FROM journey");
        while (subjects.Rows.Next())
        {
            AddSubject(subjects.Rows.Key(0));

            // Touches of earlier processes are not read, so every subject counts as touched.
            AddTouched(subjects.Rows.Key(0));
        }

        using var carts = new Query(database, "SELECT cart FROM journey WHERE subject<>cart");
        while (carts.Rows.Next())
        {
            AddCart(carts.Rows.Key(0));
        }

        using var customers = new Query(database, "SELECT customer FROM identity");
        while (customers.Rows.Next())
        {
            AddJoined(customers.Rows.Key(0));
        }

        using var owners = new Query(database, "SELECT owner FROM contact");
        while (owners.Rows.Next())
        {
            AddContact(owners.Rows.Key(0));
        }
    }

    /// <summary>Adds a shopper with a journey.</summary>
    public void AddSubject(in Hash128 subject) => _keys.Add(subject);

    /// <inheritdoc cref="AddSubject"/>
    public bool MayHaveJourney(in Hash128 subject) => _keys.MayHold(subject);

    /// <summary>Adds a cart with a journey whose subject is not the cart's own key.</summary>
    public void AddCart(in Hash128 cart) => _keys.Add(AsCart(cart));

    /// <summary>Returns <see langword="true"/> if the cart may have a journey, under its own key or another subject.</summary>
    public bool MayBeInJourney(in Hash128 cart) => _keys.MayHold(cart) || _keys.MayHold(AsCart(cart));

    /// <summary>Adds a shopper who received, saw or clicked a message.</summary>
    public void AddTouched(in Hash128 subject) => _keys.Add(AsTouched(subject));

    /// <inheritdoc cref="AddTouched"/>
    public bool MayHaveTouched(in Hash128 subject) => _keys.MayHold(AsTouched(subject));

    /// <summary>Adds a customer who was an anonymous shopper before.</summary>
    public void AddJoined(in Hash128 customer) => _keys.Add(AsJoined(customer));

    /// <inheritdoc cref="AddJoined"/>
    public bool MayBeJoined(in Hash128 customer) => _keys.MayHold(AsJoined(customer));

    /// <summary>Adds a customer or a cart with an address, a zone or attributes.</summary>
    public void AddContact(in Hash128 owner) => _keys.Add(AsContact(owner));

    /// <inheritdoc cref="AddContact"/>
    public bool MayHaveContact(in Hash128 owner) => _keys.MayHold(AsContact(owner));

    // One key per role: multiplying by an odd number is injective.
    static Hash128 AsCart(in Hash128 key) => new(key.Low * 3, key.High);

    static Hash128 AsTouched(in Hash128 key) => new(key.Low * 5, key.High);

    static Hash128 AsJoined(in Hash128 key) => new(key.Low * 7, key.High);

    static Hash128 AsContact(in Hash128 key) => new(key.Low * 9, key.High);
}
