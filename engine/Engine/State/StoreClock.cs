using CartRecovery.Engine.Events.Clocks;

namespace CartRecovery.Engine.State;

/// <summary>
/// Converts times to a store's zone. Offsets change only on quarter hours, so what the last quarter had is cached: events arrive
/// roughly in time order. One thread at a time.
/// </summary>
public sealed class StoreClock(TimeZoneInfo zone)
{
    const long Quarter = 15 * 60 * 1000;

    long _quarter = long.MinValue;
    long _offset;
    bool _isHoliday;

    /// <summary>In which money is compared and scored: the store's currency. <see langword="null"/> to leave it in the cart's.</summary>
    public StoreMoney? Money { get; set; }

    /// <summary>The country's holidays; <see langword="null"/> for none.</summary>
    public HolidayCalendar? Holidays { get; init; }

    /// <summary>The zone.</summary>
    public TimeZoneInfo Zone => zone;

    /// <summary>Returns the moment for computing features.</summary>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    public FeatureMoment At(long at)
    {
        var quarter = at / Quarter;
        if (quarter != _quarter)
        {
            _offset = (long)zone.GetUtcOffset(DateTimeOffset.FromUnixTimeMilliseconds(at)).TotalMilliseconds;
            _isHoliday = Holidays?.Contains(at + _offset) == true;
            _quarter = quarter;
        }

        return new FeatureMoment(at, at + _offset, Money, _isHoliday);
    }
}
