using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>What a partition tells of a cart while a canary serves.</summary>
public struct CanarySignal
{
    /// <summary>The cart's key.</summary>
    public Hash128 Cart;

    /// <summary>The partition's clock (ms since 1970 UTC).</summary>
    public long At;

    /// <summary>For <see cref="CanarySignalKind.Ordered"/>: what a server says that the order is worth, in <see cref="Money"/> units of the store's currency; 0 if no server says so.</summary>
    public long Value;

    /// <summary>The store's currency, as in <see cref="CurrencyCode"/>.</summary>
    public uint Currency;

    /// <summary>For <see cref="CanarySignalKind.Entered"/>: the canary's share of shoppers, 0–100.</summary>
    public float Share;

    /// <summary>For <see cref="CanarySignalKind.Entered"/>: the share from which on the canary decides for the cart, 0–100.</summary>
    public float EntersAt;

    /// <summary>The store's number.</summary>
    public ushort Store;

    /// <summary>For <see cref="CanarySignalKind.Ordered"/>: whether a server says so. What a browser says is a claim.</summary>
    public bool IsProven;

    /// <summary>For <see cref="CanarySignalKind.Scored"/>: the champion's score.</summary>
    public float Champion;

    /// <summary>For <see cref="CanarySignalKind.Scored"/>: the canary's score.</summary>
    public float Canary;

    /// <summary>What happened.</summary>
    public CanarySignalKind Kind;

    /// <summary>For <see cref="CanarySignalKind.Entered"/>: whether the canary decides for the cart.</summary>
    public bool IsCanary;
}
