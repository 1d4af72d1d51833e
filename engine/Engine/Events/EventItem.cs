using System.Text;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>A line of an event's items.</summary>
/// <param name="ProductId">The product's id; its name where the shop gave no id.</param>
/// <param name="Name">The product's name; <see langword="null"/> for none.</param>
/// <param name="Variant">The variant: a size, a colour; <see langword="null"/> for none.</param>
/// <param name="Price">The unit price in <see cref="Money"/> units; <see langword="null"/> if it is unknown.</param>
/// <param name="Thousandths">The quantity: see <see cref="Quantity"/>.</param>
/// <param name="Currency">The currency that it names, as <see cref="CurrencyCode"/> packs it; 0 for the event's.</param>
readonly record struct EventItem(string ProductId, string? Name, string? Variant, long? Price, int Thousandths, uint Currency = 0)
{
    // Separates the parts of a line's key; no id contains it.
    const char Separator = '\u001f';

    /// <summary>The total price: by the unit price, or a share of the event's value; <see langword="null"/> if it is unknown.</summary>
    public long? Total { get => field ?? (Price is { } price ? Quantity.Price(price, Thousandths) : null); init; }

    /// <summary>The part of a line's key in a cart that the variants of a product share.</summary>
    public const ulong ProductPart = 0xffff_ffff_0000_0000;

    /// <summary>Returns the key of the line in a cart. Its upper half is the product's, by which a line is found whose variant is not named.</summary>
    public ulong LineKeyOf(IdHasher ids) => Variant is null ? ProductKeyOf(ids) : (ProductKeyOf(ids) & ProductPart) | (KeyOf(ids) & ~ProductPart);

    /// <summary>Returns the key of the line in an order: of the product, or of its variant.</summary>
    public ulong KeyOf(IdHasher ids) => ids.ProductOf(Encoding.UTF8.GetBytes(Variant is null ? ProductId : $"{ProductId}{Separator}{Variant}"));

    /// <summary>Returns the key of the product, whatever the variant.</summary>
    public ulong ProductKeyOf(IdHasher ids) => ids.ProductOf(Encoding.UTF8.GetBytes(ProductId));
}
