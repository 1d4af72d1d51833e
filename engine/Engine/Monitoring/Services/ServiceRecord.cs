namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>A service, or a part of the engine: its last result, when its level changed, and counts since the start. Thread-safe.</summary>
/// <param name="name">The name.</param>
public sealed class ServiceRecord(string name)
{
    /// <summary>How many changes are kept.</summary>
    public const int MaxChanges = 50;

    readonly Lock _gate = new();
    readonly long[] _counts = new long[(int)ServiceLevel.Unhealthy + 1];
    readonly Queue<ServiceResult> _changes = new();
    ServiceResult? _last;

    /// <summary>The name.</summary>
    public string Name => name;

    /// <summary>The last result; <see langword="null"/> before the first.</summary>
    public ServiceResult? Last => Volatile.Read(ref _last);

    /// <summary>The results with which the level changed, at most <see cref="MaxChanges"/>, the latest last.</summary>
    public IReadOnlyList<ServiceResult> Changes
    {
        get
        {
            lock (_gate)
            {
                return [.. _changes];
            }
        }
    }

    /// <summary>Returns the number of results of a level since the start.</summary>
    public long CountOf(ServiceLevel level) => Interlocked.Read(ref _counts[(int)level]);

    /// <summary>Adds a result.</summary>
    /// <returns>Whether the level changed.</returns>
    public bool Add(ServiceResult result)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _counts[(int)result.Level]);
            var isChange = _last?.Level != result.Level;
            if (isChange)
            {
                _changes.Enqueue(result);
                if (_changes.Count > MaxChanges)
                {
                    _changes.Dequeue();
                }
            }

            Volatile.Write(ref _last, result);
            return isChange;
        }
    }
}
