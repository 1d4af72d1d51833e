namespace CartRecovery.Bench.Load;

/// <summary>
/// When each event is due, whatever the engine does: event k of connection c is the (k × connections + c)-th of all, and those are
/// spread evenly. Latencies are counted from these times, so a stall is charged to every event that it held up.
/// </summary>
/// <param name="start">When the first event is due, in nanoseconds of <see cref="Clock"/>.</param>
/// <param name="rate">Events a second over all connections, 1 or more.</param>
/// <param name="connections">How many connections share them.</param>
sealed class Schedule(long start, int rate, int connections)
{
    readonly double _interval = (double)Clock.Second / rate;

    /// <summary>When a connection's event is due.</summary>
    public long DueAt(int connection, long index) => start + (long)(((double)index * connections + connection) * _interval);

    /// <summary>How many of a connection's events are due by now.</summary>
    public long CountDue(int connection, long now)
    {
        var elapsed = (now - start) / _interval - connection;
        return elapsed < 0 ? 0 : (long)(elapsed / connections) + 1;
    }
}
