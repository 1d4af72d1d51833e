using System.Threading.Channels;
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
    readonly Action<Intervention> _settle;
    readonly long[] _sent = new long[s_actions];
    readonly long[] _unreachable = new long[s_actions];

    /// <param name="connections">The open streams.</param>
    /// <param name="sinks">The sinks; they say themselves when a delivery ended.</param>
    /// <param name="settle">Is told when a delivery ended that no sink took.</param>
    public InterventionRouter(ConnectionRegistry connections, SinkSet sinks, Action<Intervention> settle)
    {
        _connections = connections;
        _sinks = sinks;
        _settle = settle;
    }

    /// <summary>Is told of every decision, on the thread that delivers: it must not block.</summary>
    public Action<Intervention>? OnDecided { get; set; }

    /// <summary>Interventions with this action that went to the shopper's stream.</summary>
    public long SentToSocket(ActionKind action) => Volatile.Read(ref _sent[(int)action]);

    /// <summary>Interventions with this action whose shopper had no open stream.</summary>
    public long Unreachable(ActionKind action) => Volatile.Read(ref _unreachable[(int)action]);

    /// <inheritdoc/>
    public void Deliver(Intervention intervention, long connectionId)
    {
        OnDecided?.Invoke(intervention);
        if (intervention.Channel == Campaign.SocketChannel)
        {
            SendToSocket(intervention, connectionId);
        }
        else if (!_sinks.TryDeliver(intervention.Channel, intervention) && !_sinks.Has(intervention.Channel))
        {
            // A full queue counts what it drops, and says so.
            _settle(intervention);
        }
    }

    /// <summary>Delivers what was decided in an earlier life of the process, however many there are: nothing is dropped.</summary>
    public async Task RedeliverAsync(IEnumerable<Decision> decisions)
    {
        try
        {
            foreach (var decision in decisions)
            {
                if (decision.Intervention.Channel == Campaign.SocketChannel)
                {
                    // Its stream ended with that life.
                    SendToSocket(decision.Intervention, decision.ConnectionId);
                }
                else if (!await _sinks.DeliverAsync(decision.Intervention.Channel, decision.Intervention))
                {
                    _settle(decision.Intervention);
                }
            }
        }
        catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
        {
            // The engine stops: the rest is still in the journal.
        }
    }

    void SendToSocket(Intervention intervention, long connectionId)
    {
        var sent = connectionId != 0 && _connections.TrySend(connectionId, intervention);
        Interlocked.Increment(ref (sent ? _sent : _unreachable)[(int)intervention.Action]);
        _settle(intervention);
    }
}
