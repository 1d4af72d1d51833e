using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.Ingest.Routing;

/// <summary>Receives rejected events.</summary>
public interface IRejectedEvents
{
    /// <summary>Handles a rejected event.</summary>
    /// <param name="index">Its index among all events of its source, from 0.</param>
    /// <param name="problem">The reason.</param>
    void OnRejected(long index, EventProblem problem);
}
