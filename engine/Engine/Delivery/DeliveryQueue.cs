using System.Threading.Channels;
using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>The bounded queue of one sink, read as batches. Any thread writes; one task reads.</summary>
sealed class DeliveryQueue(int capacity, int batchSize, TimeSpan batchAge, TimeProvider time)
{
    // "Wait" concerns only EnqueueAsync. TryEnqueue on a full queue returns false, and the newest intervention is dropped.
    readonly Channel<Intervention> _channel = Channel.CreateBounded<Intervention>(
        new BoundedChannelOptions(capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    // The wait for the next item, left pending by a batch that completed by age.
    Task<bool>? _more;

    public int Count => _channel.Reader.Count;

    public bool TryEnqueue(Intervention intervention) => _channel.Writer.TryWrite(intervention);

    public ValueTask EnqueueAsync(Intervention intervention, CancellationToken stop) => _channel.Writer.WriteAsync(intervention, stop);

    public void Close() => _channel.Writer.TryComplete();

    public bool TryDequeue(out Intervention intervention) => _channel.Reader.TryRead(out intervention!);

    /// <summary>Waits for an item, which stays in the queue.</summary>
    /// <returns><see langword="false"/> once the queue is closed and empty.</returns>
    public Task<bool> WaitAsync()
    {
        var more = _more ?? _channel.Reader.WaitToReadAsync().AsTask();
        _more = null;
        return more;
    }

    /// <summary>Reads a batch, which completes by size or by the age of its first item. Call after <see cref="WaitAsync"/>.</summary>
    public async Task<List<Intervention>> ReadBatchAsync()
    {
        var batch = new List<Intervention>(Math.Min(batchSize, Math.Max(1, Count)));
        using var full = new CancellationTokenSource();
        Task? aged = null;
        while (true)
        {
            while (batch.Count < batchSize && TryDequeue(out var item))
            {
                batch.Add(item);
            }

            if (batch.Count == batchSize)
            {
                break;
            }

            aged ??= Task.Delay(batchAge, time, full.Token);
            _more ??= _channel.Reader.WaitToReadAsync().AsTask();
            if (await Task.WhenAny(_more, aged) == aged || !await WaitAsync())
            {
                break;
            }
        }

        // Cancel the age timer, but keep the pending wait for the next batch.
        await full.CancelAsync();
        return batch;
    }
}
