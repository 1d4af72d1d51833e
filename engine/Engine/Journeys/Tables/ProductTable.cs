using CartRecovery.Engine.State.Carts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A product as the shop describes it. Money is in <see cref="Money"/> units of the store's currency.</summary>
/// <param name="Id">The product's id as sent by the shop.</param>
/// <param name="Name">The product's name.</param>
/// <param name="Url">The product's page.</param>
/// <param name="Image">The product's image.</param>
/// <param name="Price">Current price; <see langword="null"/> if unknown.</param>
/// <param name="Stock">Current stock; <see langword="null"/> if unknown.</param>
/// <param name="Variant">The variant; <see langword="null"/> for the product itself.</param>
public sealed record Product(string Id, string? Name, string? Url, string? Image, long? Price, long? Stock, string? Variant = null);

/// <summary>Stores products by the key that carts have for them.</summary>
public sealed class ProductTable
{
    readonly Statement _find, _set, _claimed, _claim, _count, _purge, _forget;

    internal ProductTable(Database database)
    {
        _find = database.Prepare("""
            SELECT p.id, coalesce(p.name, b.name), coalesce(p.url, b.url), coalesce(p.image, b.image), coalesce(p.price, b.price), coalesce(p.stock, b.stock), p.variant
            FROM product p LEFT JOIN product b ON b.store=p.store AND b.product=p.base WHERE p.store=?1 AND p.product=?2
            """);
        _set = database.Prepare("""
            INSERT INTO product(store, product, id, name, url, image, price, stock, variant, base) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT(store, product) DO UPDATE SET name=coalesce(excluded.name, name), url=coalesce(excluded.url, url),
                image=coalesce(excluded.image, image), price=coalesce(excluded.price, price), stock=coalesce(excluded.stock, stock)
            """);
        _claimed = database.Prepare("SELECT name, coalesce(id, ''), variant FROM cart_product WHERE cart=?1 AND product=?2");
        _count = database.Prepare("SELECT count(*) FROM cart_product WHERE cart=?1");
        _claim = database.Prepare("""
            INSERT INTO cart_product(cart, product, name, at, id, variant) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT(cart, product) DO UPDATE SET name=excluded.name, at=excluded.at, id=coalesce(excluded.id, id), variant=coalesce(excluded.variant, variant)
            """);
        _forget = database.Prepare("DELETE FROM cart_product WHERE cart=?1");
        _purge = database.Prepare("DELETE FROM cart_product WHERE (cart, product) IN (SELECT cart, product FROM cart_product WHERE at<?1 LIMIT 1000)");
    }

    /// <summary>Returns how a browser described a product of its own cart, or <see langword="null"/>.</summary>
    public Product? ClaimOf(in Hash128 cart, ulong key)
    {
        if (!_claimed.With(cart).With((long)key).Next())
        {
            return null;
        }

        var product = new Product(_claimed.Text(1), _claimed.Text(0), null, null, null, null, _claimed.TextOrNull(2));
        _claimed.Reset();
        return product;
    }

    /// <summary>Stores how a browser describes a product of its own cart: at most as many as a cart has lines.</summary>
    public void Claim(in Hash128 cart, ulong key, string name, long at, string? id = null, string? variant = null)
    {
        if (ClaimOf(cart, key) is not null || _count.With(cart).Number() < CartLines.Capacity)
        {
            _claim.With(cart).With((long)key).With(name).With(at).With(id).With(variant).Run();
        }
    }

    /// <summary>Deletes what a browser said of its own cart's products, before it says what is in the cart now.</summary>
    public void ForgetClaims(in Hash128 cart) => _forget.With(cart).Run();

    /// <summary>Deletes up to a thousand names from before a time (ms since 1970 UTC).</summary>
    internal void PurgeClaims(long before) => _purge.With(before).Run();

    /// <summary>Returns the product with this key, or <see langword="null"/>.</summary>
    public Product? Find(string store, ulong key)
    {
        if (!_find.With(store).With((long)key).Next())
        {
            return null;
        }

        var product = new Product(
            _find.Text(0), _find.TextOrNull(1), _find.TextOrNull(2), _find.TextOrNull(3), _find.LongOrNull(4), _find.LongOrNull(5), _find.TextOrNull(6));
        _find.Reset();
        return product;
    }

    /// <summary>Stores a product. <see langword="null"/> leaves the stored value unchanged.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The key that carts have for it.</param>
    /// <param name="product">The product.</param>
    /// <param name="whole">The key of the product of which it is a variant, which has what it lacks; 0 for none.</param>
    public void Set(string store, ulong key, Product product, ulong whole = 0) =>
        _set.With(store).With((long)key).With(product.Id).With(product.Name).With(product.Url).With(product.Image).With(product.Price)
            .With(product.Stock).With(product.Variant).With(whole == 0 ? null : (long?)whole).Run();
}
