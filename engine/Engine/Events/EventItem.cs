using System.Text;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Events;

/// <summary>A line of an event's items.</summary>
/// <param name="ProductId">The product's id; its name where the shop gave no id.</param>
/// <param name="Name">The product's name; <see langword="null"/> for none.</param>
/// <param name="Variant">The variant: a size, a colour; <see langword="null"/> for none.</param>
/// <param name="Price">The unit price in <see cref="Money"/> units; <see langword="null"/> if it is unknown.</param>
/// <param name="Thousandths">The quantity: see <see cref="Quantity"/>.</param>
readonly record struct EventItem(string ProductId, string? Name, string? Variant, long? Price, int Thousandths)
{
    // Separates the parts of a line's key; no id contains it.
    const char Separator = '\u001f';

    /// <summary>The total price: by the unit price, or a share of the event's value; <see langword="null"/> if it is unknown.</summary>
    public long? Total { get => field ?? (Price is { } price ? Quantity.Price(price, Thousandths) : null); init; }

    /// <summary>Returns the key of the line: of the product, or of its variant.</summary>
    public ulong KeyOf(IdHasher ids) => ids.ProductOf(Encoding.UTF8.GetBytes(Variant is null ? ProductId : $"{ProductId}{Separator}{Variant}"));

    /// <summary>Returns the key of the product, whatever the variant.</summary>
    public ulong ProductKeyOf(IdHasher ids) => ids.ProductOf(Encoding.UTF8.GetBytes(ProductId));
}
