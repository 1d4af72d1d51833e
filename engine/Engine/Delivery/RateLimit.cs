namespace CartRecovery.Engine.Delivery;

/// <summary>
/// A token bucket: so many interventions a second, of which a second's worth (at least one) may go at once. Those who find it empty wait
/// their turn, in the order in which they came.
/// </summary>
/// <param name="perSecond">Above 0.</param>
/// <param name="time">The clock.</param>
sealed class RateLimit(double perSecond, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly long _start = time.GetTimestamp();

    // When the bucket is full again, since the start.
    TimeSpan _fullAt;

    /// <summary>The most that can be taken at once.</summary>
    public int Burst { get; } = (int)Math.Clamp(perSecond, 1, int.MaxValue);

    /// <summary>Returns when this many may go.</summary>
    /// <param name="count">1 to <see cref="Burst"/>.</param>
    /// <param name="stop">Gives up; what was taken is not put back.</param>
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
