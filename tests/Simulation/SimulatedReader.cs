using System.Text;
using CartRecovery.Contracts;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// A reader of a partition's tail that keeps its position with what it read in a database, as journeys do. A commit survives the death of the
/// process, and after a sync a power cut; only then is the journal released. While the database is locked, a transaction waits, and nothing is read.
/// </summary>
sealed class SimulatedReader(SimulatedDisk disk, Random random)
{
    readonly List<Intervention> _decisions = [];
    readonly List<CustomerEvent> _customers = [];
    JournalCursor _cursor = null!;
    Mark _committed, _synced;
    bool _isOpen, _isLocked;

    /// <summary>The decisions read, in order. A crash takes back those that were not committed.</summary>
    public IReadOnlyList<Intervention> Decisions => _decisions;

    /// <summary>The customer events read, likewise.</summary>
    public IReadOnlyList<CustomerEvent> CustomerEvents => _customers;

    /// <summary>Commits that the lock refused.</summary>
    public int Refused { get; private set; }

    /// <summary>A decision that was read before it was durable.</summary>
    public string? Fault { get; private set; }

    /// <summary>Continues from what the database has after a crash.</summary>
    public void Open(JournalTail tail)
    {
        _decisions.RemoveRange(_committed.Decisions, _decisions.Count - _committed.Decisions);
        _customers.RemoveRange(_committed.Customers, _customers.Count - _committed.Customers);
        _isOpen = false;
        _cursor = tail.Open("reader", _committed.Position, EntryKind.Decisions, EntryKind.CustomerEvents);
    }

    /// <summary>Another process locks the database, or unlocks it.</summary>
    public void Lock(bool isLocked) => _isLocked = isLocked;

    /// <summary>The process ends. A power cut takes back what was not synced.</summary>
    public void Crash()
    {
        if (random.Next(2) == 0)
        {
            _committed = _synced;
        }

        _isLocked = false;
    }

    /// <summary>Reads some entries into a transaction, and tries to commit it now and then.</summary>
    public void Read(int max)
    {
        if (_isOpen && _isLocked)
        {
            Refused++;
            return;
        }

        for (var n = 0; n < max && _cursor.TryRead(out var entry); n++)
        {
            _isOpen = true;
            if (entry.Kind == EntryKind.CustomerEvents)
            {
                _customers.AddRange(EntryPayload.ReadCustomerEvents(entry.Payload));
                continue;
            }

            foreach (var decision in EntryPayload.ReadDecisions(entry.Payload))
            {
                Take(decision.Intervention);
            }
        }

        if (!_isLocked && random.Next(3) != 0)
        {
            _committed = new Mark(_cursor.Position, _decisions.Count, _customers.Count);
            _isOpen = false;
            if (random.Next(2) == 0)
            {
                _synced = _committed;
                _cursor.Release(_synced.Position);
            }
        }
    }

    /// <summary>Reads everything, with an unlocked database.</summary>
    /// <returns>What is missing; <see langword="null"/> if nothing is.</returns>
    public string? Finish()
    {
        _isLocked = false;
        Read(int.MaxValue);
        _committed = _synced = new Mark(_cursor.Position, _decisions.Count, _customers.Count);
        _cursor.Release(_synced.Position);
        return _cursor is { Lag: 0, Lost: 0 } ? null : $"the reader at {_cursor.Position} lags by {_cursor.Lag} entries and has lost {_cursor.Lost} bytes";
    }

    void Take(Intervention intervention)
    {
        _decisions.Add(intervention);
        if (!disk.IsDurable(Encoding.UTF8.GetBytes(intervention.Id)))
        {
            Fault ??= $"{intervention.Id} is read but not durable";
        }
    }

    /// <summary>A position and what was read before it.</summary>
    readonly record struct Mark(long Position, int Decisions, int Customers);
}
