using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>How an event's keys come from its texts: in the decoder, and again when it is read back from where only the texts are kept.</summary>
public static class EventKeys
{
    const ulong CustomerSeed = 0x9e3779b97f4a7c15;

    /// <summary>The seed of a store's keys, so that two stores' carts of the same name are two carts.</summary>
    /// <param name="storeId">The store's id, in UTF-8.</param>
    public static ulong SeedOf(ReadOnlySpan<byte> storeId) => Hash128.Of(storeId, seed: 0).Low;

    /// <summary>The key of a customer.</summary>
    /// <param name="seed">The store's.</param>
    /// <param name="user">The user's id, in UTF-8.</param>
    public static Hash128 CustomerOf(ulong seed, ReadOnlySpan<byte> user) => user.IsEmpty ? default : Hash128.Of(user, seed ^ CustomerSeed);

    /// <summary>The key of a product.</summary>
    /// <param name="seed">The store's.</param>
    /// <param name="product">The product's id, in UTF-8.</param>
    public static ulong ProductOf(ulong seed, ReadOnlySpan<byte> product) => product.IsEmpty ? 0 : Hash128.Of(product, seed).Low;

    /// <summary>Sets the keys and the lengths of an event's texts; an empty text has no key.</summary>
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
