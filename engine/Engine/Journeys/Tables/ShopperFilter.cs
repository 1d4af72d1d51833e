using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Knows without a look into the database of most shoppers and carts that nothing is kept of them: of nearly everyone who buys, and of everyone whom a
/// campaign turns to for the first time. A <see langword="true"/> is a maybe. What is taken back with a transaction stays in it, which costs a look.
/// </summary>
public sealed class ShopperFilter
{
    /// <summary>The filter's memory, in bytes.</summary>
    public const int Bytes = 16 << 20;

    readonly BloomFilter _keys = new(Bytes);

    internal ShopperFilter(Database database)
    {
        // Out of indexes, which are much shorter than the tables.
        using var subjects = new Query(database, "SELECT subject FROM journey");
        while (subjects.Rows.Next())
        {
            AddSubject(subjects.Rows.Key(0));

            // What they did about messages in an earlier life is not gone through.
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
    }

    /// <summary>A shopper has a journey.</summary>
    public void AddSubject(in Hash128 subject) => _keys.Add(subject);

    /// <inheritdoc cref="AddSubject"/>
    public bool MayHaveJourney(in Hash128 subject) => _keys.MayHold(subject);

    /// <summary>A journey of somebody was set off by a cart that is not their own name.</summary>
    public void AddCart(in Hash128 cart) => _keys.Add(AsCart(cart));

    /// <summary>A cart set a journey off, its anonymous shopper's or another's.</summary>
    public bool MayBeInJourney(in Hash128 cart) => _keys.MayHold(cart) || _keys.MayHold(AsCart(cart));

    /// <summary>A shopper got, saw or clicked a message.</summary>
    public void AddTouched(in Hash128 subject) => _keys.Add(AsTouched(subject));

    /// <inheritdoc cref="AddTouched"/>
    public bool MayHaveTouched(in Hash128 subject) => _keys.MayHold(AsTouched(subject));

    /// <summary>A customer was an anonymous shopper before.</summary>
    public void AddJoined(in Hash128 customer) => _keys.Add(AsJoined(customer));

    /// <inheritdoc cref="AddJoined"/>
    public bool MayBeJoined(in Hash128 customer) => _keys.MayHold(AsJoined(customer));

    // The same key in another role is another key; to multiply by an odd number takes no two to the same.
    static Hash128 AsCart(in Hash128 key) => new(key.Low * 3, key.High);

    static Hash128 AsTouched(in Hash128 key) => new(key.Low * 5, key.High);

    static Hash128 AsJoined(in Hash128 key) => new(key.Low * 7, key.High);
}
