namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The rate of a token bucket.</summary>
/// <param name="PerSecond">Tokens a second; 0 for no limit.</param>
/// <param name="Burst">The bucket's size, 1 or more.</param>
public readonly record struct Rate(int PerSecond, int Burst)
{
    /// <summary>Whether there is no limit.</summary>
    public bool IsUnlimited => PerSecond == 0;

    /// <summary>The time that an empty bucket takes to fill, in seconds, rounded up.</summary>
    public int Window => (int)Math.Ceiling(Burst / (double)PerSecond);
}
