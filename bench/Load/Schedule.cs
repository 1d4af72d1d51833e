namespace CartRecovery.Bench.Load;

/// <summary>
/// Computes when each event is due, independent of the engine: event k of connection c is the (k × connections + c)-th overall, and these
/// are spread evenly. Latencies count from these times, so a stall counts for every event it delays.
/// </summary>
/// <param name="start">When the first event is due, in nanoseconds of <see cref="Clock"/>.</param>
/// <param name="rate">Events a second over all connections, 1 or more.</param>
/// <param name="connections">The number of connections.</param>
sealed class Schedule(long start, int rate, int connections)
{
    readonly double _interval = (double)Clock.Second / rate;

    /// <summary>Returns when a connection's event is due.</summary>
    public long DueAt(int connection, long index) => start + (long)(((double)index * connections + connection) * _interval);

    /// <summary>Returns the number of a connection's events due by now.</summary>
    public long CountDue(int connection, long now)
    {
        var elapsed = (now - start) / _interval - connection;
        return elapsed < 0 ? 0 : (long)(elapsed / connections) + 1;
    }
}
