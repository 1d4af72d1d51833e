namespace CartRecovery.Engine.Journeys.Tracking;

/// <summary>The content of a link.</summary>
/// <param name="Kind">What it permits.</param>
/// <param name="Intervention">The message it belongs to.</param>
/// <param name="StoreId">The store.</param>
/// <param name="CartId">The only cart it is valid for.</param>
/// <param name="ExpiresAt">When it expires (ms since 1970 UTC).</param>
public sealed record SignedLink(LinkKind Kind, string Intervention, string StoreId, string CartId, long ExpiresAt);
