using System.Buffers;
using System.Collections.Concurrent;

namespace CartRecovery.Engine.Decisions;

/// <summary>
/// A partition's journaled decisions that its consumer has not persisted; they are delivered again after a crash. Used by the worker only,
/// except <see cref="MarkPersisted"/>. Bounded by the consumer's queues.
/// </summary>
public sealed class Outbox
{
    readonly Dictionary<string, Decision> _pending = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<string> _persisted = new();

    /// <summary>The pending decisions in order of event time.</summary>
    public IReadOnlyCollection<Decision> Pending => [.. _pending.Values.OrderBy(d => d.At).ThenBy(d => d.Intervention.Id, StringComparer.Ordinal)];

    /// <summary>Number of pending decisions.</summary>
    public int Count => _pending.Count;

    /// <summary>Adds a decision.</summary>
    public void Add(Decision decision) => _pending[decision.Intervention.Id] = decision;

    /// <summary>Marks a decision as persisted by its consumer. Any thread.</summary>
    /// <param name="id">The intervention's idempotency key.</param>
    public void MarkPersisted(string id) => _persisted.Enqueue(id);

    /// <summary>Removes decisions marked since the last call.</summary>
    /// <param name="ids">Receives the idempotency keys that were pending.</param>
    /// <param name="most">Maximum number of keys.</param>
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

    /// <summary>Removes decisions that were persisted in an earlier process.</summary>
    public void Remove(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            _pending.Remove(id);
        }
    }

    /// <summary>Writes the pending decisions in key order, so that equal content gives equal bytes.</summary>
    public void WriteTo(IBufferWriter<byte> output) =>
        DecisionCodec.Write(output, [.. _pending.Values.OrderBy(d => d.Intervention.Id, StringComparer.Ordinal)]);

    /// <summary>Restores what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an outbox.</exception>
    public void ReadFrom(ReadOnlySpan<byte> bytes)
    {
        _pending.Clear();
        foreach (var decision in DecisionCodec.Read(bytes))
        {
            Add(decision);
        }
    }
}
