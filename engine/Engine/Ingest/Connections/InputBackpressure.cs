using System.IO.Pipelines;
using CartRecovery.Engine.ControlPlane.Usage;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// Pauses reading until message memory, rates and the client's reading of its answers allow it. Called by the connection's reader.
/// </summary>
/// <param name="input">Its input.</param>
/// <param name="output">The connection's output.</param>
/// <param name="options">Options shared by all connections.</param>
/// <param name="memory">Holds its incomplete message.</param>
/// <param name="meter">Its rates; <see langword="null"/> for none.</param>
/// <param name="usage">Counts its events for quotas; <see langword="null"/> to count none.</param>
sealed class InputBackpressure(PipeReader input, Outbound output, IngestOptions options, LongMessageMemory memory, EventMeter? meter, EventUsage? usage)
{
    readonly Action _abandon = output.Abandon;
    bool _isHeldUp;

    /// <summary>Whether the connection waits, so that its client's silence says nothing. Any thread.</summary>
    public bool IsHeldUp => Volatile.Read(ref _isHeldUp);

    /// <summary>Adds what was taken.</summary>
    public void Add(long events, long bytes)
    {
        meter?.Add(events, bytes);
        usage?.Add(events);
    }

    /// <summary>Counts what is not paid yet: nothing more is read.</summary>
    public void Settle() => meter?.ChargeWithoutWaiting();

    /// <summary>Waits until the connection may be read.</summary>
    /// <param name="kept">Bytes that the connection keeps.</param>
    /// <param name="onTooSlow">Called if the client does not read its answers.</param>
    /// <returns><see langword="false"/> if the connection must end.</returns>
    public async ValueTask<bool> WaitAsync(long kept, Action onTooSlow)
    {
        if (memory.IsDue(kept))
        {
            BeginWaiting();
            if (!await memory.ReserveAsync(kept, output.Closed))
            {
                memory.Evict();
                return false;
            }
        }

        if (meter?.ChargeIfDueAsync() is { } paying
            && !(paying.IsCompletedSuccessfully ? paying.Result : await WaitForRatesAsync(paying.AsTask())))
        {
            output.Drop(RateLimits.Exceeded.Code, "too many wait for a rate of limits.rates; retry later");
            return false;
        }

        if (usage?.Exceeded is not null)
        {
            // What was taken is still acknowledged.
            output.TrySendError(output.Progress?.UpTo ?? 0, QuotaProblem.Exceeded.Code, QuotaProblem.Exceeded.Detail);
            output.CloseFrame.Set(WebSocketCloseCode.PolicyViolation, QuotaProblem.Exceeded.Code);
            output.Flush();
            return false;
        }

        if (output.IsCongested)
        {
            BeginWaiting();
            await WaitForClientAsync(onTooSlow);
        }

        Volatile.Write(ref _isHeldUp, false);
        return true;
    }

    // Watches for a disconnect while not reading.
    void BeginWaiting()
    {
        Volatile.Write(ref _isHeldUp, true);
        (input as SocketPipeReader)?.Watch(_abandon);
    }

    async ValueTask<bool> WaitForRatesAsync(Task<bool> paying)
    {
        BeginWaiting();
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
