using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest;

/// <summary>What every way in shares.</summary>
public sealed class IngestOptions
{
    public required PartitionSet Partitions { get; init; }

    public required StoreDirectory Stores { get; init; }

    public required IngestCounters Counters { get; init; }

    public required ConnectionRegistry Connections { get; init; }

    /// <summary>Counts connections.</summary>
    public required ConnectionLimiter Gate { get; init; }

    /// <summary>Keeps the events that cannot be used; null for nobody.</summary>
    public DeadLetterQueue? DeadLetters { get; init; }

    /// <summary>The longest event, in bytes of JSON.</summary>
    public required int MaxEvent { get; init; }

    /// <summary>The longest WebSocket message, line or HTTP body, in bytes.</summary>
    public required int MaxMessage { get; init; }

    /// <summary>Events in an array at the most.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>How far back an event's time may lie.</summary>
    public required TimeSpan Past { get; init; }

    /// <summary>How far ahead an event's time may lie.</summary>
    public required TimeSpan Future { get; init; }

    /// <summary>How long a client may take to say who it is.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>The key of a TCP connection that names none; null for none.</summary>
    public string? TcpKey { get; init; }

    /// <summary>Bytes sent unasked that are held for a client that does not read.</summary>
    public int MaxUnsent => 256 * 1024;

    /// <summary>How long a client is waited for that does not read the answers to what it sent.</summary>
    public TimeSpan SlowReaderTimeout => TimeSpan.FromSeconds(30);

    /// <summary>What a holder of this key is held to.</summary>
    public EventRules RulesFor(StoreKey key) => new(
        key.Store.IdUtf8, (ushort)key.Store.Index, key.Kind == KeyKind.Secret, MaxEvent, (long)Past.TotalMilliseconds,
        (long)Future.TotalMilliseconds);
}
