namespace CartRecovery.Engine.State;

/// <summary>
/// The wall clock of a store's zone. Offsets change on the quarter of an hour, so the offset of the quarter last asked for is kept:
/// events come in about the order of their time. One thread at a time.
/// </summary>
public sealed class StoreClock(TimeZoneInfo zone)
{
    const long Quarter = 15 * 60 * 1000;

    long _quarter = long.MinValue;
    long _offset;

    /// <summary>The zone.</summary>
    public TimeZoneInfo Zone => zone;

    /// <summary>The moment as features see it.</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    public FeatureMoment At(long at)
    {
        var quarter = at / Quarter;
        if (quarter != _quarter)
        {
            _offset = (long)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(at)).TotalMilliseconds;
            _quarter = quarter;
        }

        return new FeatureMoment(at, at + _offset);
    }
}
