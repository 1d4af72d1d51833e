using CartRecovery.Engine.Ingest.Limits;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Decides when a connection is read again: once there is memory for its incomplete message, its rates allow it, and its client has read
/// what was answered. Called by the connection's reader.
/// </summary>
/// <param name="output">The connection's output.</param>
/// <param name="options">Options shared by all connections.</param>
/// <param name="memory">Holds its incomplete message.</param>
/// <param name="meter">Its rates; <see langword="null"/> for none.</param>
sealed class InputBackpressure(Outbound output, IngestOptions options, LongMessageMemory memory, EventMeter? meter)
{
    bool _isHeldUp;

    /// <summary>Whether the connection waits, so that its client's silence says nothing. Any thread.</summary>
    public bool IsHeldUp => Volatile.Read(ref _isHeldUp);

    /// <summary>Adds what was taken.</summary>
    public void Add(long events, long bytes) => meter?.Add(events, bytes);

    /// <summary>Counts what is not paid yet: nothing more is read.</summary>
    public void Settle() => meter?.Settle();

    /// <summary>Waits until the connection may be read.</summary>
    /// <param name="kept">Bytes that the connection keeps.</param>
    /// <param name="onTooSlow">Called if the client does not read its answers.</param>
    /// <returns><see langword="false"/> if the connection must end.</returns>
    public async ValueTask<bool> WaitAsync(long kept, Action onTooSlow)
    {
        if (memory.IsDue(kept))
        {
            Volatile.Write(ref _isHeldUp, true);
            if (!await memory.ReserveAsync(kept, output.Closed))
            {
                memory.Evict();
                return false;
            }
        }

        if (meter?.PayIfDueAsync() is { } paying && !(paying.IsCompletedSuccessfully ? paying.Result : await WaitForRatesAsync(paying.AsTask())))
        {
            output.Drop(RateLimits.Exceeded.Code, "too many wait for a rate of limits.rates; retry later");
            return false;
        }

        if (output.IsCongested)
        {
            Volatile.Write(ref _isHeldUp, true);
            await WaitForClientAsync(onTooSlow);
        }

        Volatile.Write(ref _isHeldUp, false);
        return true;
    }

    async ValueTask<bool> WaitForRatesAsync(Task<bool> paying)
    {
        Volatile.Write(ref _isHeldUp, true);
        await Task.WhenAny(paying, output.Closed);
        return paying.IsCompleted && await paying;
    }

    async Task WaitForClientAsync(Action onTooSlow)
    {
        try
        {
            await output.WaitAsync().WaitAsync(options.SlowReaderTimeout, options.Partitions.Clock);
        }
        catch (TimeoutException)
        {
            onTooSlow();
        }
    }
}
