using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>
/// Derives an event's keys from its texts, both when it is decoded and when it is read from the journal, which stores only texts.
/// </summary>
public static class EventKeys
{
    const ulong CustomerSeed = 0x9e3779b97f4a7c15;

    /// <summary>Computes the seed of a store's keys, so that equal cart ids of two stores get different keys.</summary>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    public static ulong SeedOf(ReadOnlySpan<byte> storeId) => Hash128.Of(storeId, seed: 0).Low;

    /// <summary>Computes a customer's key.</summary>
    /// <param name="seed">The store's seed.</param>
    /// <param name="user">The user's id, in UTF-8.</param>
    public static Hash128 CustomerOf(ulong seed, ReadOnlySpan<byte> user) => user.IsEmpty ? default : Hash128.Of(user, seed ^ CustomerSeed);

    /// <summary>Computes a product's key.</summary>
    /// <param name="seed">The store's seed.</param>
    /// <param name="product">The product's id, in UTF-8.</param>
    public static ulong ProductOf(ulong seed, ReadOnlySpan<byte> product) => product.IsEmpty ? 0 : Hash128.Of(product, seed).Low;

    /// <summary>Sets an event's keys and text lengths; an empty text has no key.</summary>
    public static void Set(
        ref EventRecord record, ulong seed, ReadOnlySpan<byte> id, ReadOnlySpan<byte> cart, ReadOnlySpan<byte> user, ReadOnlySpan<byte> session,
        ReadOnlySpan<byte> product)
    {
        record.IdLength = (byte)id.Length;
        record.CartLength = (byte)cart.Length;
        record.UserLength = (byte)user.Length;
        record.SessionLength = (byte)session.Length;
        record.ProductLength = (byte)product.Length;
        record.Id = Hash128.Of(id, seed);
        record.Cart = Hash128.Of(cart, seed);
        record.Customer = CustomerOf(seed, user);
        record.Session = session.IsEmpty ? 0 : Hash128.Of(session, seed).Low;
        record.Product = ProductOf(seed, product);
    }
}
