using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>A row of a <see cref="ShadowFeed"/>, without its features.</summary>
struct ShadowRow
{
    /// <summary>The cart's key.</summary>
    public Hash128 Cart;

    /// <summary>The row's time (ms since 1970 UTC).</summary>
    public long At;

    /// <summary>The row's index in its batch.</summary>
    public int Index;

    /// <summary>The champion's score.</summary>
    public float Champion;
}
