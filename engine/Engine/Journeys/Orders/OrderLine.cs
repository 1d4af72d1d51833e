using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>A line of an order or of a refund.</summary>
/// <param name="Key">The key of the product's variant; of the product if it has none.</param>
/// <param name="Product">The key of the product.</param>
/// <param name="Thousandths">The quantity: see <see cref="Quantity"/>.</param>
/// <param name="Amount">The total price in <see cref="Money"/> units; <see langword="null"/> if the event names none.</param>
public readonly record struct OrderLine(ulong Key, ulong Product, int Thousandths, long? Amount);
