namespace CartRecovery.Engine.Journeys.Policy;

/// <summary>Result of a check.</summary>
/// <param name="Action">What to do with the message.</param>
/// <param name="Reason">Why it is deferred or withheld.</param>
/// <param name="Until">When to check again (ms since 1970 UTC).</param>
public readonly record struct PolicyVerdict(PolicyAction Action, WithheldReason Reason = WithheldReason.None, long Until = 0)
{
    /// <summary>Sends the message now.</summary>
    public static PolicyVerdict Send => default;

    /// <summary>Withholds the message.</summary>
    public static PolicyVerdict Withhold(WithheldReason reason) => new(PolicyAction.Withhold, reason);
}
