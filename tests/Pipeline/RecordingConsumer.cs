using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Tests.Pipeline;

/// <summary>Records decisions, of stages or of partitions' tails.</summary>
sealed class RecordingConsumer
{
    readonly List<(Intervention Intervention, long ConnectionId)> _taken = [];
    readonly List<JournalCursor> _cursors = [];

    public IReadOnlyList<(Intervention Intervention, long ConnectionId)> Taken
    {
        get
        {
            lock (_taken)
            {
                foreach (var cursor in _cursors)
                {
                    while (cursor.TryRead(out var entry))
                    {
                        _taken.AddRange(EntryPayload.ReadDecisions(entry.Payload).Select(d => (d.Intervention, d.ConnectionId)));
                    }
                }

                return [.. _taken];
            }
        }
    }

    public IEnumerable<Intervention> Interventions => Taken.Select(t => t.Intervention);

    /// <summary>The campaigns that intervened, in order.</summary>
    public IEnumerable<string> Campaigns => Interventions.Select(i => i.Campaign);

    /// <summary>Every decision with all its fields.</summary>
    public string[] Json => [.. Interventions.Select(i => JsonSerializer.Serialize(i, ContractsJson.Default.Intervention))];

    /// <summary>Records decisions.</summary>
    public void Take(List<Decision> decisions)
    {
        lock (_taken)
        {
            foreach (var decision in decisions)
            {
                _taken.Add((decision.Intervention, decision.ConnectionId));
            }
        }

        decisions.Clear();
    }

    /// <summary>Reads a partition's tail from an address on.</summary>
    public JournalCursor Attach(JournalTail tail, long? from = null)
    {
        var cursor = tail.Open("recording", from, EntryKind.Decisions, EntryKind.UndeliveredDecisions);
        lock (_taken)
        {
            _cursors.Add(cursor);
        }

        return cursor;
    }

    /// <summary>Reads what is left of a tail, and closes the cursor.</summary>
    public void Detach(JournalCursor cursor)
    {
        lock (_taken)
        {
            _ = Taken;
            _cursors.Remove(cursor);
        }

        cursor.Dispose();
    }
}
