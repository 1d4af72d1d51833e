using CartRecovery.Engine.Scoring.Serving;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>A bounded queue of signals from a partition: a ring for one writer and one reader, without locks (Lamport 1983). A full ring drops the signal.</summary>
public sealed class CanaryFeed : IModelFeed
{
    /// <summary>Maximum number of signals.</summary>
    public const int Capacity = 4096;

    readonly CanarySignal[] _signals = new CanarySignal[Capacity];
    long _written;
    long _read;
    long _dropped;
    bool _closed;

    /// <inheritdoc/>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <inheritdoc/>
    public int Waiting => (int)(Volatile.Read(ref _written) - Volatile.Read(ref _read));

    /// <inheritdoc/>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Adds a signal. The writer.</summary>
    public void Write(in CanarySignal signal)
    {
        if (_written - Volatile.Read(ref _read) >= Capacity)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return;
        }

        _signals[(int)(_written & (Capacity - 1))] = signal;
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>Says that no more signals come. The writer.</summary>
    public void Close() => Volatile.Write(ref _closed, true);

    /// <summary>Takes the oldest signal. The reader.</summary>
    internal bool TryRead(out CanarySignal signal)
    {
        if (_read == Volatile.Read(ref _written))
        {
            signal = default;
            return false;
        }

        signal = _signals[(int)(_read & (Capacity - 1))];
        Volatile.Write(ref _read, _read + 1);
        return true;
    }
}
