using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;

namespace CartRecovery.Engine.Pipeline.Recovery;

/// <summary>
/// What the journal's readers must still be given: of a data folder of format 3, which kept undelivered decisions in an outbox, and
/// customer events only among all others; or of the journals of other partitions.
/// </summary>
sealed class Handover
{
    readonly Dictionary<string, Decision> _decisions = new(StringComparer.Ordinal);

    /// <summary>Decisions not delivered, in order of event time.</summary>
    public IEnumerable<Decision> Decisions => _decisions.Values.OrderBy(d => d.At).ThenBy(d => d.Intervention.Id, StringComparer.Ordinal);

    /// <summary>Number of those decisions.</summary>
    public int Count => _decisions.Count;

    /// <summary>Entries for the readers, in order, after the decisions.</summary>
    public List<(EntryKind Kind, byte[] Payload)> Entries { get; } = [];

    /// <summary>Adds decisions of the outbox.</summary>
    public void Add(IEnumerable<Decision> decisions)
    {
        foreach (var decision in decisions)
        {
            _decisions[decision.Intervention.Id] = decision;
        }
    }

    /// <summary>Removes decisions that were delivered.</summary>
    public void Remove(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            _decisions.Remove(id);
        }
    }

    /// <summary>Takes a batch's customer events.</summary>
    public void Take(EntryBuilder customerEvents, int maxBytes)
    {
        while (customerEvents.TryCut(maxBytes, out var entry))
        {
            Entries.Add((EntryKind.CustomerEvents, entry.ToArray()));
        }
    }
}
