namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>A rate that was exceeded.</summary>
/// <param name="Scope">What was counted.</param>
/// <param name="RetryAfter">When the same would be accepted.</param>
public readonly record struct RateRejection(RateScope Scope, TimeSpan RetryAfter)
{
    /// <summary>The time in whole seconds, 1 or more.</summary>
    public int Seconds => (int)Math.Clamp(Math.Ceiling(RetryAfter.TotalSeconds), 1, int.MaxValue);
}
