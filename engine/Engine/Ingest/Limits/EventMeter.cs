namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Counts a source's events and bytes, and pays for them in lumps: the shared buckets are locked once for many small reads. What is taken is
/// paid afterwards, so that its size is known; meanwhile a stream is not read. One thread at a time.
/// </summary>
/// <param name="events">The rates of events.</param>
/// <param name="bytes">The rates of bytes.</param>
/// <param name="source">Whom to count for.</param>
public sealed class EventMeter(ScopedBuckets events, ScopedBuckets bytes, RateSource source)
{
    // Opening a stream is counted too, so streams that stay below a lump are no way around.
    const int EventLump = 16, ByteLump = 8 * 1024;

    long _events;
    long _bytes;

    /// <summary>Adds what was taken.</summary>
    public void Add(long takenEvents, long takenBytes)
    {
        _events += takenEvents;
        _bytes += takenBytes;
    }

    /// <summary>Pays for what was added, if it is time to, as soon as the rates allow it.</summary>
    /// <returns><see langword="false"/> if so many wait that it would take too long.</returns>
    public ValueTask<bool> PayIfDueAsync() => _events < EventLump && _bytes < ByteLump ? ValueTask.FromResult(true) : PayAsync();

    /// <summary>Pays for what was added, without waiting: later input of the same source is refused until it is paid.</summary>
    public void Settle()
    {
        if (_events > 0 || _bytes > 0)
        {
            _ = PayAsync().AsTask();
        }
    }

    /// <summary>Returns the rate that earlier input exceeds; <see langword="null"/> if none is.</summary>
    public RateRefusal? Debt() => events.DebtOf(source) ?? bytes.DebtOf(source);

    /// <summary>The rates of events that apply.</summary>
    public IEnumerable<RateState> States() => events.StatesOf(source);

    async ValueTask<bool> PayAsync()
    {
        var (owedEvents, owedBytes) = (_events, _bytes);
        (_events, _bytes) = (0, 0);
        var isPaid = owedEvents == 0 || await events.TakeAsync(source, owedEvents) is null;
        return (owedBytes == 0 || await bytes.TakeAsync(source, owedBytes) is null) && isPaid;
    }
}
