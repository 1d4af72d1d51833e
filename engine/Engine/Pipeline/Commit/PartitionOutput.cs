using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Pipeline.Commit;

/// <summary>
/// Appends a partition's entries to its journal, and commits them once they are old or large enough. Without a journal, its readers get the
/// entries from memory. The worker only.
/// </summary>
/// <param name="journal">The journal; null for none.</param>
/// <param name="options">Its options; null without a journal.</param>
/// <param name="tail">Makes entries available to readers.</param>
/// <param name="time">The clock.</param>
sealed class PartitionOutput(PartitionJournal? journal, JournalOptions? options, JournalTail tail, TimeProvider time)
{
    readonly long _commitTicks = (long)((options?.CommitAge.TotalSeconds ?? 0) * time.TimestampFrequency);
    readonly int _maxEntry = journal?.MaxPayload ?? int.MaxValue;
    readonly EntryBuilder _decisions = new();
    long _uncommittedSince;
    int _uncommittedBytes;

    /// <summary>Appends an entry.</summary>
    public void Append(EntryKind kind, ReadOnlySpan<byte> payload)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (journal is null)
        {
            tail.AppendVolatile(kind, now, payload);
            return;
        }

        journal.Append(kind, payload, now);
        if (_uncommittedBytes == 0)
        {
            _uncommittedSince = time.GetTimestamp();
        }

        _uncommittedBytes += payload.Length;
    }

    /// <summary>Appends records, in as many entries as they need, and clears them.</summary>
    public void Append(EntryKind kind, EntryBuilder records)
    {
        while (records.TryCut(_maxEntry, out var entry))
        {
            Append(kind, entry);
        }
    }

    /// <summary>Appends decisions, in as many entries as they need.</summary>
    public void Append(EntryKind kind, IEnumerable<Decision> decisions)
    {
        foreach (var decision in decisions)
        {
            DecisionCodec.Write(_decisions.Output, decision);
            _decisions.EndRecord();
        }

        Append(kind, _decisions);
    }

    /// <summary>Returns how long the worker may sleep until a commit is due (ms).</summary>
    /// <param name="max">The result if no commit is pending.</param>
    public int UntilCommit(int max)
    {
        if (_uncommittedBytes == 0)
        {
            return max;
        }

        var left = _commitTicks - (time.GetTimestamp() - _uncommittedSince);
        return (int)Math.Clamp(left * 1000 / time.TimestampFrequency, 1, max);
    }

    /// <summary>Commits if the appended bytes or their age require it.</summary>
    public void CommitIfDue()
    {
        if (_uncommittedBytes > 0 && (_uncommittedBytes >= options!.CommitBytes || time.GetTimestamp() - _uncommittedSince >= _commitTicks))
        {
            Commit();
        }
    }

    /// <summary>Starts a commit of everything appended.</summary>
    public void Commit()
    {
        _uncommittedBytes = 0;
        journal?.Commit();
    }
}
