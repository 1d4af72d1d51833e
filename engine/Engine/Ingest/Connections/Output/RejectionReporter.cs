using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections.Memory;

namespace CartRecovery.Engine.Ingest.Connections.Output;

/// <summary>
/// Reports a connection's rejected events to its client, in bounded answers, and detects a client that sends only invalid events. Called in
/// the connection's turns.
/// </summary>
/// <param name="rejections">Gathers the rejections of a message; shared by the connections of a thread.</param>
/// <param name="output">Receives the error frames.</param>
sealed class RejectionReporter(RejectionSummary rejections, Outbound output)
{
    // Consecutive rejections that close the connection, after its current batch.
    const int MaxInRow = 1000;

    // Length of the error frames for the messages of one read, in bytes; what follows is reported in one frame, or a few.
    const int MaxErrorBytes = OutputMemory.Allowance;

    int _errorBytes;
    int _inRow;
    long _last = -1;

    /// <summary>Adds a rejection.</summary>
    /// <param name="index">The event's index among all of its connection.</param>
    /// <param name="problem">The reason.</param>
    public void Add(long index, EventProblem problem)
    {
        rejections.Add(index, problem);
        // The client is not to blame for an engine that cannot store its events.
        _inRow = problem.Error == EventErrorCode.Overloaded ? 0 : index == _last + 1 ? _inRow + 1 : 1;
        _last = index;
    }

    /// <summary>Returns whether the last events were all rejected, so many that nothing more is taken.</summary>
    /// <param name="received">The number of events received.</param>
    public bool IsHopeless(long received) => _inRow >= MaxInRow && _last == received - 1;

    /// <summary>Begins a turn.</summary>
    public void BeginTurn() => _errorBytes = 0;

    /// <summary>Ends a message.</summary>
    public void EndMessage()
    {
        if (_errorBytes < MaxErrorBytes)
        {
            Report();
        }
    }

    /// <summary>Ends a turn: reports what is left.</summary>
    public void EndTurn() => Report();

    /// <summary>Tells the client why nothing more is taken, and closes its output.</summary>
    public void Close() => output.Drop("too_many_errors", $"the last {MaxInRow} events in a row were rejected; see the error frames");

    void Report()
    {
        if (rejections.Count > 0)
        {
            _errorBytes += output.SendErrors(rejections);
            rejections.Clear();
        }
    }
}
