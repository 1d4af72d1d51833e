namespace CartRecovery.Engine.Delivery;

/// <summary>
/// A token bucket with a rate per second and a burst of one second's worth (at least one). Callers that find it empty wait in order of
/// arrival.
/// </summary>
/// <param name="perSecond">The rate; above 0.</param>
/// <param name="time">The clock.</param>
sealed class RateLimit(double perSecond, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly long _start = time.GetTimestamp();

    // The time since the start when the bucket is full again.
    TimeSpan _fullAt;

    /// <summary>Maximum number that can be taken at once.</summary>
    public int Burst { get; } = (int)Math.Clamp(perSecond, 1, int.MaxValue);

    /// <summary>Waits until this many may be sent.</summary>
    /// <param name="count">1 to <see cref="Burst"/>.</param>
    /// <param name="stop">Cancels the wait; tokens taken are not returned.</param>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public Task TakeAsync(int count, CancellationToken stop)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var before = _fullAt > now ? _fullAt : now;
            _fullAt = before + TimeSpan.FromSeconds(count / perSecond);
            wait = _fullAt - now - TimeSpan.FromSeconds(Burst / perSecond);
        }

        return wait <= TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, time, stop);
    }
}
