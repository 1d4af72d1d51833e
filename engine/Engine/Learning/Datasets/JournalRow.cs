using CartRecovery.Primitives;

namespace CartRecovery.Engine.Learning.Datasets;

/// <summary>A row of a data set: a cart right after one of its events, as it was scored, and what happened then.</summary>
public sealed class JournalRow
{
    /// <summary>The cart's key.</summary>
    public required Hash128 Cart { get; init; }

    /// <summary>The store's number.</summary>
    public required int Store { get; init; }

    /// <summary>The event's time, in milliseconds since 1970 UTC.</summary>
    public required long At { get; init; }

    /// <summary>When the event was received, in milliseconds since 1970 UTC.</summary>
    public required long ReceivedAt { get; init; }

    /// <summary>The values of all features at the event.</summary>
    public required float[] Features { get; init; }

    /// <summary>The number of the cart's session.</summary>
    public required uint Session { get; init; }

    /// <summary>The model's score, 0–1; NaN before it was scored.</summary>
    public float Score { get; internal set; } = float.NaN;

    /// <summary>Whether the horizon is over, so that the labels are known.</summary>
    public required bool IsLabelled { get; init; }

    /// <summary>
    /// Whether the cart was purchased later in the same session, within the horizon. In a store whose servers report orders, a browser's claim does
    /// not count.
    /// </summary>
    public bool PurchasedInSession { get; internal set; }

    /// <summary>Whether the cart was purchased later, within the horizon.</summary>
    public bool Purchased { get; internal set; }

    /// <summary>Value of the cart's orders within the horizon, net of refunds, as servers reported them, in the cart's currency.</summary>
    public decimal Value { get; internal set; }

    /// <summary>The shopper's number within the data set: all carts of a customer have the same.</summary>
    public int Group { get; internal set; }
}
