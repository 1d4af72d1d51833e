using System.Text;
using System.Threading.Channels;
using CartRecovery.Engine.Events;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// The way of refused events to the disk: readers put them in and go on, one task writes. When it is full, or the disk does not take
/// them, letters are lost and counted, and nobody waits.
/// </summary>
public sealed partial class DeadLetterQueue
{
    /// <summary>Letters that may wait.</summary>
    public const int Capacity = 10_000;

    /// <summary>Bytes that may wait.</summary>
    public const int CapacityBytes = 8 << 20;

    /// <summary>What is kept of a message that is too long to be held, in bytes.</summary>
    public const int Beginning = 32 * 1024;

    const int BatchBytes = 1 << 20;

    static readonly TimeSpan s_sync = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_expire = TimeSpan.FromMinutes(1);

    readonly DeadLetterStore _store;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Channel<DeadLetter> _queue = Channel.CreateBounded<DeadLetter>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    readonly long[] _stored = new long[EventProblem.Kinds];
    readonly List<DeadLetter> _batch = [];
    Task _writing = Task.CompletedTask;
    long _bytes;
    long _dropped;
    bool _failing;

    /// <param name="store">Where letters go.</param>
    /// <param name="time">The clock of the waits between fsyncs.</param>
    /// <param name="log">Gets one line when the disk stops taking letters, and one when it takes them again.</param>
    public DeadLetterQueue(DeadLetterStore store, TimeProvider time, ILogger log)
    {
        _store = store;
        _time = time;
        _log = log;
    }

    /// <summary>Letters that wait to be written.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>Letters lost because the queue was full or the disk did not take them.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>The disk does not take letters now.</summary>
    public bool IsFailing => Volatile.Read(ref _failing);

    /// <summary>Letters written since the start, by their reason.</summary>
    public long StoredFor(EventErrorCode error) => Volatile.Read(ref _stored[(int)error]);

    /// <summary>Whether such an event is kept: not where nothing is wrong with the event itself.</summary>
    public static bool Keeps(EventErrorCode error) => error is not (EventErrorCode.None or EventErrorCode.UnknownKey or EventErrorCode.Overloaded);

    /// <summary>Starts the writer.</summary>
    public void Start() => _writing = Task.Run(WriteAsync);

    /// <summary>Puts a refused event in, unless there is no room. Any thread; waits for nothing.</summary>
    /// <param name="problem">Why it was refused.</param>
    /// <param name="raw">The event's bytes, which are copied.</param>
    /// <param name="isTruncated">They are but its beginning.</param>
    /// <param name="receivedAt">When it came: milliseconds since 1970 UTC.</param>
    /// <param name="rules">The rules of its sender's key.</param>
    /// <param name="protocol">The way it came in by.</param>
    /// <param name="connection">The connection it came on.</param>
    public void Add(EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated, long receivedAt, EventRules rules, string protocol, long connection)
    {
        if (!Keeps(problem.Error))
        {
            return;
        }

        // No message is that long unless the limits are raised far; what is kept of it says what it was.
        if (raw.Length > CapacityBytes / 2)
        {
            raw = raw[..Beginning];
            isTruncated = true;
        }

        // Before anything is copied: a flood of bad events costs no more than this.
        var size = raw.Length + DeadLetter.Overhead;
        if (Interlocked.Add(ref _bytes, size) > CapacityBytes)
        {
            Refuse(size);
            return;
        }

        var letter = new DeadLetter(receivedAt, Encoding.UTF8.GetString(rules.StoreId), protocol, connection, rules.Verified, problem.Code,
            problem.Message, isTruncated, raw.ToArray())
        {
            Reason = problem.Error,
        };
        if (!_queue.Writer.TryWrite(letter))
        {
            Refuse(size);
        }
    }

    /// <summary>Takes nothing more, and returns when what was taken is on the disk.</summary>
    public Task StopAsync()
    {
        _queue.Writer.TryComplete();
        return _writing;
    }

    void Refuse(int size)
    {
        Interlocked.Add(ref _bytes, -size);
        Interlocked.Increment(ref _dropped);
    }

    async Task WriteAsync()
    {
        var (unsynced, syncedAt, expiredAt) = (false, 0L, _time.GetTimestamp());
        var more = _queue.Reader.WaitToReadAsync().AsTask();
        while (true)
        {
            await ((Task)more).WaitAsync(unsynced ? s_sync : s_expire, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (more.IsCompleted)
            {
                if (!await more)
                {
                    break;
                }

                unsynced |= WriteBatch();
                more = _queue.Reader.WaitToReadAsync().AsTask();
            }

            if (unsynced && (syncedAt == 0 || _time.GetElapsedTime(syncedAt) >= s_sync))
            {
                unsynced = !Try(_store.Sync);
                syncedAt = _time.GetTimestamp();
            }

            if (_time.GetElapsedTime(expiredAt) >= s_expire)
            {
                Try(_store.Expire);
                expiredAt = _time.GetTimestamp();
            }
        }

        Try(_store.Sync);
    }

    bool WriteBatch()
    {
        _batch.Clear();
        var bytes = 0;
        while (bytes < BatchBytes && _queue.Reader.TryRead(out var letter))
        {
            _batch.Add(letter);
            bytes += letter.Size;
        }

        var written = Try(() => _store.Append(_batch));
        foreach (var letter in _batch)
        {
            if (written)
            {
                _stored[(int)letter.Reason]++;
            }
        }

        if (!written)
        {
            Interlocked.Add(ref _dropped, _batch.Count);
        }

        // Room only now: what is being written is held too.
        Interlocked.Add(ref _bytes, -bytes);
        return written;
    }

    bool Try(Action use)
    {
        try
        {
            use();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_failing)
            {
                Volatile.Write(ref _failing, true);
                LogFailing(e);
            }

            return false;
        }

        if (_failing)
        {
            Volatile.Write(ref _failing, false);
            LogWorking(Dropped);
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Dead letters cannot be written; they are counted and lost until the disk takes them again")]
    partial void LogFailing(Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dead letters are written again; {Dropped} were lost since the start")]
    partial void LogWorking(long dropped);
}
