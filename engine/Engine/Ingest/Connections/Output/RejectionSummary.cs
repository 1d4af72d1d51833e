using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>
/// Collects a message's rejections, or a run's foreign events, for one short error frame: the number by code, and the first few. One
/// thread at a time.
/// </summary>
sealed class RejectionSummary : IRejectedEvents
{
    /// <summary>The number of rejections of a message that are reported singly. More are reported together.</summary>
    public const int MaxSingle = 16;

    /// <summary>The number of rejections that are described when they are reported together.</summary>
    public const int MaxDescribed = 5;

    readonly List<(long Index, EventProblem Problem)> _first = new(MaxSingle);
    readonly int[] _counts = new int[Enum.GetValues<EventErrorCode>().Length];

    /// <summary>The number of rejections.</summary>
    public int Count { get; private set; }

    /// <summary>The index of the last rejected event.</summary>
    public long LastIndex { get; private set; }

    /// <summary>The first rejections.</summary>
    public IReadOnlyList<(long Index, EventProblem Problem)> First => _first;

    /// <summary>Adds a rejection.</summary>
    /// <param name="index">The event's index among all of its connection.</param>
    /// <param name="problem">The reason.</param>
    public void Add(long index, EventProblem problem)
    {
        if (_first.Count < MaxSingle)
        {
            _first.Add((index, problem));
        }

        _counts[(int)problem.Error]++;
        LastIndex = index;
        Count++;
    }

    /// <inheritdoc/>
    public void OnRejected(long index, EventProblem problem) => Add(index, problem);

    /// <summary>Returns the number of rejections for a reason.</summary>
    public int CountOf(EventErrorCode error) => _counts[(int)error];

    /// <summary>Forgets all of them.</summary>
    public void Clear()
    {
        _first.Clear();
        Array.Clear(_counts);
        (Count, LastIndex) = (0, 0);
    }
}
