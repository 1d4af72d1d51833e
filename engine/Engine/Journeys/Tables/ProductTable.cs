using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>What the shop said of a product. Money is in <see cref="Money"/> units of the store's currency.</summary>
/// <param name="Id">Its id, as the shop names it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Url">Its page.</param>
/// <param name="Image">Its picture.</param>
/// <param name="Price">What one costs now; <see langword="null"/> where the shop does not say.</param>
/// <param name="Stock">How many there are; <see langword="null"/> where the shop does not say.</param>
public sealed record Product(string Id, string? Name, string? Url, string? Image, long? Price, long? Stock);

/// <summary>The products that carts hold, by the key that carts have of them.</summary>
public sealed class ProductTable
{
    readonly Statement _find, _set;

    internal ProductTable(Database database)
    {
        _find = database.Prepare("SELECT id, name, url, image, price, stock FROM product WHERE store=?1 AND product=?2");
        _set = database.Prepare("""
            INSERT INTO product(store, product, id, name, url, image, price, stock) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT(store, product) DO UPDATE SET name=coalesce(excluded.name, name), url=coalesce(excluded.url, url),
                image=coalesce(excluded.image, image), price=coalesce(excluded.price, price), stock=coalesce(excluded.stock, stock)
            """);
    }

    /// <summary>The product of this key.</summary>
    public Product? Find(string store, ulong key)
    {
        if (!_find.With(store).With((long)key).Next())
        {
            return null;
        }

        var product = new Product(_find.Text(0), _find.TextOrNull(1), _find.TextOrNull(2), _find.TextOrNull(3), _find.LongOrNull(4), _find.LongOrNull(5));
        _find.Reset();
        return product;
    }

    /// <summary>Keeps what the shop says; what it does not say stays as it was.</summary>
    public void Set(string store, ulong key, Product product) =>
        _set.With(store).With((long)key).With(product.Id).With(product.Name).With(product.Url).With(product.Image).With(product.Price)
            .With(product.Stock).Run();
}
