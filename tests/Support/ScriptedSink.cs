using System.Collections.Concurrent;
using CartRecovery.Contracts;

namespace CartRecovery.Tests.Support;

/// <summary>A sink whose behaviour a test scripts. Records the engine's calls.</summary>
sealed class ScriptedSink : ISink
{
    readonly ConcurrentQueue<string[]> _writes = [];
    int _connects;
    int _connecting;
    int _writing;
    int _mostWriting;

    public Func<DeliveryBatch, CancellationToken, ValueTask> OnWrite { get; init; } = (_, _) => default;

    /// <summary>Marks items that <see cref="OnWrite"/> leaves unmarked as delivered, as a sink must.</summary>
    public bool MarksEveryItem { get; init; } = true;

    public Func<int, CancellationToken, ValueTask> OnConnect { get; init; } = (_, _) => default;

    public Func<CancellationToken, ValueTask<SinkHealth>> OnHealth { get; init; } = _ => ValueTask.FromResult(new SinkHealth(true, "fine"));

    public SinkSpec Spec => new("scripted", "For tests.", [], settings =>
    {
        Time = settings.Time;
        return new SinkInstance(this, OnHealth);
    });

    /// <summary>The ids of each write, in order.</summary>
    public IReadOnlyList<string[]> Writes => [.. _writes];

    public int Connects => Volatile.Read(ref _connects);

    public int MostWriting => Volatile.Read(ref _mostWriting);

    public bool Overlapped { get; private set; }

    public bool Disposed { get; private set; }

    public TimeProvider? Time { get; private set; }

    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _connecting) > 1 || Volatile.Read(ref _writing) > 0)
        {
            Overlapped = true;
        }

        try
        {
            await OnConnect(Interlocked.Increment(ref _connects), cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _connecting);
        }
    }

    public ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var writing = Interlocked.Increment(ref _writing);
        if (Volatile.Read(ref _connecting) > 0)
        {
            Overlapped = true;
        }

        lock (_writes)
        {
            _mostWriting = Math.Max(_mostWriting, writing);
        }

        _writes.Enqueue([.. batch.Items.Select(item => item.Id)]);
        ValueTask written;
        try
        {
            written = OnWrite(batch, cancellationToken); // May throw synchronously, as a scripted fault.
        }
        catch
        {
            Interlocked.Decrement(ref _writing);
            throw;
        }

        return EndAsync(written, batch, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return default;
    }

    async ValueTask EndAsync(ValueTask written, DeliveryBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            await written;
            if (MarksEveryItem && !cancellationToken.IsCancellationRequested)
            {
                batch.DeliverRemaining();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }
}
