using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Routing;

namespace CartRecovery.Host.Api.Events;

/// <summary>Collects a request's rejected events. Thread-safe: partitions refuse events while the request waits for them.</summary>
sealed class RejectionList : IRejectedEvents
{
    readonly List<(long Index, EventProblem Problem)> _rejected = [];

    /// <inheritdoc/>
    public void OnRejected(long index, EventProblem problem)
    {
        lock (_rejected)
        {
            _rejected.Add((index, problem));
        }
    }

    /// <summary>Returns the rejections so far, in the order of the events.</summary>
    public IReadOnlyList<(long Index, EventProblem Problem)> ToArray()
    {
        lock (_rejected)
        {
            return [.. _rejected.OrderBy(rejection => rejection.Index)];
        }
    }

    /// <summary>Returns the first problem of a range of events; none if all were accepted.</summary>
    public EventProblem FirstIn(long from, long to)
    {
        lock (_rejected)
        {
            return _rejected.Find(rejection => rejection.Index >= from && rejection.Index < to).Problem;
        }
    }
}
