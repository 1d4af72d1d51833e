using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Ingest;

namespace CartRecovery.Engine.Delivery;

/// <summary>Takes each decision to its channel: the shopper's own stream, or a sink's queue. Never waits.</summary>
public sealed class InterventionRouter : IInterventionOutlet
{
    static readonly int s_actions = Enum.GetValues<ActionKind>().Length;

    readonly ConnectionRegistry _connections;
    readonly SinkSet _sinks;
    readonly long[] _sent = new long[s_actions];
    readonly long[] _unreachable = new long[s_actions];

    public InterventionRouter(ConnectionRegistry connections, SinkSet sinks)
    {
        _connections = connections;
        _sinks = sinks;
    }

    /// <summary>Is told of every decision, on a partition's worker: it must not block.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <summary>Interventions with this action that went to the shopper's stream.</summary>
    public long SentToSocket(ActionKind action) => Volatile.Read(ref _sent[(int)action]);

    /// <summary>Interventions with this action whose shopper had no open stream.</summary>
    public long Unreachable(ActionKind action) => Volatile.Read(ref _unreachable[(int)action]);

    /// <inheritdoc/>
    public void Deliver(Intervention intervention, long connectionId)
    {
        OnDecided?.Invoke(intervention);
        if (intervention.Channel != Campaign.SocketChannel)
        {
            // A full queue counts what it drops.
            _sinks.TryDeliver(intervention.Channel, intervention);
            return;
        }

        var sent = connectionId != 0 && _connections.TrySend(connectionId, intervention);
        Interlocked.Increment(ref (sent ? _sent : _unreachable)[(int)intervention.Action]);
    }
}
