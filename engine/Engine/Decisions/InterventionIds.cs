using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// Names interventions: <c>iv_</c> and 32 hexadecimal digits, 12 of the time and 20 of a hash. Ids of about the same time are neighbours in an index, so
/// that a batch of new ones changes few of its pages.
/// </summary>
static class InterventionIds
{
    /// <summary>The id.</summary>
    /// <param name="at">When it was decided: milliseconds since 1970 UTC, event time.</param>
    /// <param name="hash">Of what it is about. The same gives the same id.</param>
    public static string Of(long at, in Hash128 hash) => $"iv_{at & 0xFFFF_FFFF_FFFF:x12}{hash.High:x16}{hash.Low & 0xFFFF:x4}";
}
