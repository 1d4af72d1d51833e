using System.Buffers;
using System.Collections.Concurrent;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// The decisions of a partition that are journaled and whose delivery has not ended: what has to be delivered after a crash. Its worker's
/// alone, but for <see cref="MarkPersisted"/>. It is bounded by the queues of the sinks, whose overflow ends a delivery too.
/// </summary>
public sealed class Outbox
{
    readonly Dictionary<string, Decision> _pending = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<string> _persisted = new();

    /// <summary>What is to be delivered, in the order of event time.</summary>
    public IReadOnlyCollection<Decision> Pending => [.. _pending.Values.OrderBy(d => d.At).ThenBy(d => d.Intervention.Id, StringComparer.Ordinal)];

    /// <summary>How many there are.</summary>
    public int Count => _pending.Count;

    /// <summary>Takes a decision in.</summary>
    public void Add(Decision decision) => _pending[decision.Intervention.Id] = decision;

    /// <summary>Notes that a delivery ended, well or not. Any thread.</summary>
    /// <param name="id">The intervention's idempotency key.</param>
    public void MarkPersisted(string id) => _persisted.Enqueue(id);

    /// <summary>Takes out what was settled since the last call.</summary>
    /// <param name="ids">Gets the idempotency keys that were pending.</param>
    /// <param name="most">How many at most.</param>
    public void TakePersisted(List<string> ids, int most)
    {
        while (ids.Count < most && _persisted.TryDequeue(out var id))
        {
            if (_pending.Remove(id))
            {
                ids.Add(id);
            }
        }
    }

    /// <summary>Forgets deliveries that ended before.</summary>
    public void Remove(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            _pending.Remove(id);
        }
    }

    /// <summary>Writes what is pending, in the order of the keys: the same content gives the same bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output) =>
        DecisionCodec.Write(output, [.. _pending.Values.OrderBy(d => d.Intervention.Id, StringComparer.Ordinal)]);

    /// <summary>Becomes what was written.</summary>
    /// <exception cref="InvalidDataException">It is not an outbox.</exception>
    public void ReadFrom(ReadOnlySpan<byte> bytes)
    {
        _pending.Clear();
        foreach (var decision in DecisionCodec.Read(bytes))
        {
            Add(decision);
        }
    }
}
