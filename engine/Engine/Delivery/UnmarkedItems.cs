using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>
/// Reports items that a sink returned unmarked. Logs the first at once and later ones once a minute, since a sink that never marks leaves
/// some in every write.
/// </summary>
sealed class UnmarkedItems(string sink, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    long _count;
    long _logged;
    long _loggedAt;

    public void Add(int count)
    {
        if (count == 0)
        {
            return;
        }

        lock (_lock)
        {
            _count += count;
            if (_logged > 0 && time.GetElapsedTime(_loggedAt) < s_interval)
            {
                return;
            }

            DeliveryLog.Unmarked(logger, sink, _count - _logged);
            (_logged, _loggedAt) = (_count, time.GetTimestamp());
        }
    }
}
