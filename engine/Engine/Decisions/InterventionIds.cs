using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Creates intervention ids: <c>iv_</c> and 32 hexadecimal digits, 12 of the time and 20 of a hash. Ids of similar times are neighbours in
/// an index, so a batch of new ones touches few pages.
/// </summary>
static class InterventionIds
{
    /// <summary>Creates an id. The same arguments give the same id.</summary>
    /// <param name="at">Event time of the decision (ms since 1970 UTC).</param>
    /// <param name="hash">Hash of the decision's identity.</param>
    public static string Of(long at, in Hash128 hash) => $"iv_{at & 0xFFFF_FFFF_FFFF:x12}{hash.High:x16}{hash.Low & 0xFFFF:x4}";
}
