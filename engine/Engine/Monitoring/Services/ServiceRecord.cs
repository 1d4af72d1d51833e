namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>What is known about a service: the last result, when its level changed, and the checks of the last 30 days by hour. Thread-safe.</summary>
/// <param name="check">The check.</param>
public sealed class ServiceRecord(ServiceCheck check)
{
    /// <summary>How far back the checks are kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    const int Hours = 30 * 24, MaxChanges = 50;

    readonly Lock _gate = new();
    readonly ServiceHour?[] _hours = new ServiceHour?[Hours];
    readonly long[] _numbers = new long[Hours];
    readonly Queue<ServiceResult> _changes = new();
    ServiceResult? _last;

    /// <summary>The check.</summary>
    public ServiceCheck Check => check;

    /// <summary>The last result; <see langword="null"/> before the first.</summary>
    public ServiceResult? Last => Volatile.Read(ref _last);

    /// <summary>The results with which the level changed, at most 50, the latest last.</summary>
    public IReadOnlyList<ServiceResult> Changes
    {
        get
        {
            lock (_gate)
            {
                return [.. _changes];
            }
        }
    }

    /// <summary>Adds a result.</summary>
    /// <returns>Whether the level changed.</returns>
    public bool Add(ServiceResult result)
    {
        lock (_gate)
        {
            var hour = HourOf(result.At);
            var place = (int)(hour % Hours);
            if (_hours[place] is null || _numbers[place] != hour)
            {
                (_hours[place], _numbers[place]) = (new ServiceHour(), hour);
            }

            _hours[place]!.Add(result);
            var isChange = _last?.Level != result.Level;
            if (isChange)
            {
                _changes.Enqueue(result);
                if (_changes.Count > MaxChanges)
                {
                    _changes.Dequeue();
                }
            }

            Volatile.Write(ref _last, result);
            return isChange;
        }
    }

    /// <summary>Returns the checks of the hours that are in a time before the present, the present hour among them.</summary>
    /// <param name="now">The present.</param>
    /// <param name="span">At most <see cref="Kept"/>.</param>
    public ServiceHour Of(DateTimeOffset now, TimeSpan span)
    {
        var sum = new ServiceHour();
        var last = HourOf(now);
        lock (_gate)
        {
            for (var hour = Math.Max(last - Hours, HourOf(now - span)) + 1; hour <= last; hour++)
            {
                if (_hours[hour % Hours] is { } one && _numbers[hour % Hours] == hour)
                {
                    sum.Add(one);
                }
            }
        }

        return sum;
    }

    static long HourOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / 3600;
}
