using System.Text;
using System.Threading.Channels;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Limits;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Ingest.DeadLetters;

/// <summary>
/// Queues rejected events for the disk: readers enqueue without waiting, one task writes. Letters are dropped and counted when the queue
/// is full or the disk fails.
/// </summary>
public sealed partial class DeadLetterQueue
{
    /// <summary>Maximum number of queued letters.</summary>
    public const int Capacity = 10_000;

    /// <summary>Maximum bytes of queued letters.</summary>
    public const int CapacityBytes = 8 << 20;

    /// <summary>Bytes kept of a message that is too long to keep.</summary>
    public const int Beginning = 32 * 1024;

    const int BatchBytes = 1 << 20;

    static readonly TimeSpan s_sync = TimeSpan.FromSeconds(1);
    static readonly TimeSpan s_expire = TimeSpan.FromMinutes(1);

    // What browsers send may take this much of the queue, so that a flood leaves room for what servers send.
    const int BrowserBytes = CapacityBytes / 2;

    readonly DeadLetterStore _store;
    readonly DeadLetterSampler _sampler;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Channel<DeadLetter> _queue = Channel.CreateBounded<DeadLetter>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    readonly long[] _stored = new long[EventProblem.Kinds];
    readonly List<DeadLetter> _batch = [];
    Task _writing = Task.CompletedTask;
    long _bytes;
    long _browserBytes;
    long _dropped;
    bool _failing;

    /// <param name="store">Receives the letters.</param>
    /// <param name="time">The clock for the interval between fsyncs.</param>
    /// <param name="log">Gets one line when the disk starts failing and one when it recovers.</param>
    /// <param name="rate">Bytes kept of a store's browsers for each error code; unlimited by default.</param>
    public DeadLetterQueue(DeadLetterStore store, TimeProvider time, ILogger log, Rate rate = default)
    {
        _sampler = new DeadLetterSampler(rate);
        _store = store;
        _time = time;
        _log = log;
    }

    /// <summary>Number of queued letters.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>Number of letters dropped because the queue was full or the disk failed.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Returns the number of browsers' events that were not kept, because many were rejected for the same reason.</summary>
    public long SampledOut(EventErrorCode error) => _sampler.Skipped(error);

    /// <summary>Whether every letter that was enqueued is written or dropped.</summary>
    public bool IsIdle => Volatile.Read(ref _bytes) == 0;

    /// <summary>Whether writes currently fail.</summary>
    public bool IsFailing => Volatile.Read(ref _failing);

    /// <summary>Returns the number of letters written since the start, by reason.</summary>
    public long StoredFor(EventErrorCode error) => Volatile.Read(ref _stored[(int)error]);

    /// <summary>Returns whether an event rejected for this reason is kept: only if the event itself is at fault.</summary>
    public static bool Keeps(EventErrorCode error) =>
        error is not (EventErrorCode.None or EventErrorCode.UnknownKey or EventErrorCode.Overloaded or EventErrorCode.PersonForgotten);

    /// <summary>Starts the writer.</summary>
    public void Start() => _writing = Task.Run(WriteAsync);

    /// <summary>Enqueues a rejected event, or drops it if the queue is full. Any thread; never blocks.</summary>
    /// <param name="problem">Why it was rejected.</param>
    /// <param name="raw">The event's bytes; copied.</param>
    /// <param name="isTruncated">Whether <paramref name="raw"/> is only the beginning.</param>
    /// <param name="receivedAt">When it was received, in milliseconds since 1970 UTC.</param>
    /// <param name="rules">The rules of its sender's key.</param>
    /// <param name="protocol">The protocol it arrived by.</param>
    /// <param name="connection">The id of its connection.</param>
    public void Add(
        EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated, long receivedAt, EventRules rules, string protocol, long connection)
    {
        if (!Keeps(problem.Error))
        {
            return;
        }

        // Only limits raised far allow such a message; its beginning identifies it.
        if (raw.Length > CapacityBytes / 2)
        {
            raw = raw[..Beginning];
            isTruncated = true;
        }

        // Checked before copying, so a flood of bad events stays cheap.
        var size = raw.Length + DeadLetter.Overhead;
        var skipped = 0L;
        if (!rules.IsServer && !_sampler.TryKeep(rules.StoreNumber, rules.KeyTag, problem.Error, size, out skipped))
        {
            return;
        }

        if (!TryReserve(size, rules.IsServer))
        {
            Drop(size, rules.IsServer);
            return;
        }

        var letter = new DeadLetter(receivedAt, Encoding.UTF8.GetString(rules.StoreId), protocol, connection, rules.IsServer, problem.Code,
            problem.Message, isTruncated, raw.ToArray())
        {
            Reason = problem.Error,
            Skipped = skipped,
            KeyTag = rules.KeyTag,
            Forgotten = rules.Forgotten,
        };
        if (!_queue.Writer.TryWrite(letter))
        {
            Drop(size, rules.IsServer);
        }
    }

    /// <summary>Stops accepting letters and returns when the queue is flushed to disk.</summary>
    public async Task StopAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        _sampler.Dispose();
    }

    bool TryReserve(int size, bool verified) =>
        Interlocked.Add(ref _bytes, size) <= CapacityBytes & (verified || Interlocked.Add(ref _browserBytes, size) <= BrowserBytes);

    void Release(int size, bool verified)
    {
        Interlocked.Add(ref _bytes, -size);
        if (!verified)
        {
            Interlocked.Add(ref _browserBytes, -size);
        }
    }

    void Drop(int size, bool verified)
    {
        Release(size, verified);
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

        // Slow, so not on the readers' threads: a malformed event has no fields, so all its texts are looked up.
        DeadLetter[] kept = [.. _batch.Where(letter => !NamesForgotten(letter))];
        var written = Try(() => _store.Append(kept));
        foreach (var letter in kept)
        {
            if (written)
            {
                _stored[(int)letter.Reason]++;
            }
        }

        if (!written)
        {
            Interlocked.Add(ref _dropped, kept.Length);
        }

        // Freed only now: letters being written still occupy memory.
        _batch.ForEach(letter => Release(letter.Size, letter.FromServer));
        return written;
    }

    static bool NamesForgotten(DeadLetter letter) =>
        letter.Forgotten is { IsEmpty: false } people && ForgottenInLetter.IsNamed(people, Encoding.UTF8.GetBytes(letter.Store), letter.Event);

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

    [LoggerMessage(EventName = "deadletters_failing", Level = LogLevel.Error,
        Message = "Cannot write dead letters; dropping and counting them until writes succeed")]
    partial void LogFailing(Exception failure);

    [LoggerMessage(EventName = "deadletters_working", Level = LogLevel.Warning,
        Message = "Dead letters can be written again; {Dropped} dropped since the start")]
    partial void LogWorking(long dropped);
}
