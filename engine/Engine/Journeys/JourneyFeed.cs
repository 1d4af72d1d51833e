using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Tail;

namespace CartRecovery.Engine.Journeys;

/// <summary>
/// Reads the decisions and customer events of all partitions from their journals' tails. The journey thread only, except the lag.
/// </summary>
sealed class JourneyFeed : IDisposable
{
    /// <summary>The name of its cursors.</summary>
    public const string Name = "journeys";

    /// <summary>The entries it reads.</summary>
    public static IReadOnlyList<EntryKind> Kinds { get; } = [EntryKind.Decisions, EntryKind.CustomerEvents, EntryKind.UndeliveredDecisions, EntryKind.PersonKeys];

    readonly JournalCursor[] _cursors;
    readonly IReadOnlyList<JournalTail> _tails;
    readonly long[] _read;
    int _first;

    /// <summary>Opens the cursors.</summary>
    /// <param name="tails">The partitions' tails.</param>
    /// <param name="positionOf">Returns where to continue in a partition's journal; null if it was never read.</param>
    /// <param name="onDecisions">Called on another thread when there are decisions to read.</param>
    /// <param name="onLost">Called with a partition and what was missed in its journal.</param>
    public JourneyFeed(IReadOnlyList<JournalTail> tails, Func<int, long?> positionOf, Action onDecisions, Action<int, JournalGap> onLost)
    {
        _tails = tails;
        _cursors = new JournalCursor[tails.Count];
        _read = new long[tails.Count];
        for (var i = 0; i < _cursors.Length; i++)
        {
            var partition = i;
            _cursors[i] = tails[i].Open(Name, positionOf(i), [.. Kinds]);
            _cursors[i].NotifyOf = EntryKind.Decisions;
            _cursors[i].OnReadable = _ => onDecisions();
            _cursors[i].OnLost = gap => onLost(partition, gap);
            _read[i] = _cursors[i].Position;
        }
    }

    /// <summary>Journal address per partition up to which entries were read.</summary>
    public IReadOnlyList<long> Read => _read;

    /// <summary><see langword="true"/> if the last read left entries.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Readable entries that were not read yet. Any thread.</summary>
    public long Lag => _cursors.Sum(cursor => cursor.Lag);

    /// <summary>Bytes of the journals that were deleted before they were read. Any thread.</summary>
    public long Lost => _cursors.Sum(cursor => cursor.Lost);

    /// <summary>Age of the oldest entry not read yet in the partition that lags most; zero if none does. Any thread.</summary>
    public TimeSpan LagTime(TimeProvider time) => _cursors.Max(cursor => cursor.LagTime(time));

    /// <summary>Reads entries in order per partition, and adds their decisions and customer events.</summary>
    /// <param name="items">Receives them.</param>
    /// <param name="max">Reads no further entry once there are so many.</param>
    /// <param name="maxBytes">Nor once the entries read have so many bytes.</param>
    public void ReadInto(List<object> items, int max, long maxBytes)
    {
        HasMore = false;
        var bytes = 0L;
        _first = (_first + 1) % _cursors.Length;
        for (var n = 0; n < _cursors.Length; n++)
        {
            var index = (_first + n) % _cursors.Length;
            while (true)
            {
                if (items.Count >= max || bytes >= maxBytes)
                {
                    HasMore = true;
                    break;
                }

                if (!_cursors[index].TryRead(out var entry))
                {
                    break;
                }

                bytes += entry.Payload.Length;
                items.AddRange(entry.Kind switch
                {
                    EntryKind.CustomerEvents => EntryPayload.ReadCustomerEvents(entry.Payload),
                    EntryKind.PersonKeys => EntryPayload.ReadPersonKeys(entry.Payload),
                    _ => (IEnumerable<object>)EntryPayload.ReadDecisions(entry.Payload),
                });
            }

            _read[index] = _cursors[index].Position;
        }
    }

    /// <summary>Returns the addresses that everything acknowledged so far is before. Any thread.</summary>
    public long[] Ends() => [.. _tails.Select(tail => tail.Durable)];

    /// <summary>Releases a partition's journal before an address.</summary>
    public void Release(int partition, long address) => _cursors[partition].Release(address);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var cursor in _cursors)
        {
            cursor.Dispose();
        }
    }
}
