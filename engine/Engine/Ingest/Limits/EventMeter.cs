namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>
/// Charges a source's events and bytes in batches, so that the shared buckets are locked rarely. Charges after decoding, when the size is
/// known; the stream is not read until the charge succeeds. One thread at a time.
/// </summary>
/// <param name="events">The rates of events.</param>
/// <param name="bytes">The rates of bytes.</param>
/// <param name="source">The address and key that the rates apply to.</param>
public sealed class EventMeter(ScopedBuckets events, ScopedBuckets bytes, RateSource source)
{
    // Opening a stream takes a token too, so short streams cannot evade the rates.
    const int EventBatch = 16, ByteBatch = 8 * 1024;

    long _events;
    long _bytes;

    /// <summary>Adds what was taken.</summary>
    public void Add(long takenEvents, long takenBytes)
    {
        _events += takenEvents;
        _bytes += takenBytes;
    }

    /// <summary>Charges what was added, if it is a batch, as soon as the rates allow it.</summary>
    /// <returns><see langword="false"/> if the wait would exceed 30 s.</returns>
    public ValueTask<bool> ChargeIfDueAsync() => _events < EventBatch && _bytes < ByteBatch ? ValueTask.FromResult(true) : ChargeAsync();

    /// <summary>Charges what was added, without waiting: later input of the same source is rejected until the charge succeeds.</summary>
    public void ChargeWithoutWaiting()
    {
        if (_events > 0 || _bytes > 0)
        {
            _ = ChargeAsync().AsTask();
        }
    }

    /// <summary>Returns the rate that earlier input exceeds; <see langword="null"/> if none is.</summary>
    public RateRejection? CheckDebt() => events.CheckDebt(source) ?? bytes.CheckDebt(source);

    /// <summary>The rates of events that apply.</summary>
    public IEnumerable<RateState> States() => events.StatesOf(source);

    async ValueTask<bool> ChargeAsync()
    {
        var (owedEvents, owedBytes) = (_events, _bytes);
        (_events, _bytes) = (0, 0);
        var isCharged = owedEvents == 0 || await events.AcquireAsync(source, owedEvents) is null;
        return (owedBytes == 0 || await bytes.AcquireAsync(source, owedBytes) is null) && isCharged;
    }
}
