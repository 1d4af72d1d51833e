using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>An order as it is counted, or a line of it.</summary>
/// <param name="Journey">The journey it counts for.</param>
/// <param name="Intervention">The message it is attributed to; <see langword="null"/> for none.</param>
/// <param name="Touch"><c>click</c> or <c>view</c>.</param>
/// <param name="Order">Its key: <see cref="OrderKey"/>.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record OrderRow(long Journey, string? Intervention, string? Touch, string Order, string Currency)
{
    /// <summary>The row's number.</summary>
    public long Number { get; init; }

    /// <summary>The shopper.</summary>
    public Hash128 Subject { get; init; }

    /// <summary>The value, in <see cref="Money"/> units.</summary>
    public long Value { get; init; }

    /// <summary>The product of a line; 0 if the row is the whole order.</summary>
    public ulong Product { get; init; }

    /// <summary>When the event that it is from was received (ms since 1970 UTC).</summary>
    public long ReceivedAt { get; init; }

    /// <summary>Its lines, as far as they are known.</summary>
    public IReadOnlyList<OrderLine> Lines { get; init; } = [];
}
