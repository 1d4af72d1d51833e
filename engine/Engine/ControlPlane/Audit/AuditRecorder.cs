using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Audit;

/// <summary>
/// Records the actions of requests. Writes queued entries together, one transaction at a time, so many requests do not lock out other
/// writers. While the database does not answer, entries stay in memory, up to <see cref="Capacity"/>. Thread-safe.
/// </summary>
/// <param name="database">The database.</param>
public sealed class AuditRecorder(ControlDatabase database) : IAsyncDisposable
{
    /// <summary>Maximum number of queued entries.</summary>
    public const int Capacity = 4096;

    /// <summary>Maximum number of entries in a transaction.</summary>
    public const int MaxBatch = 64;

    /// <summary>The action of an entry that replaces one that the database rejected. The engine's log has the original.</summary>
    public const string Unwritable = "audit.unwritable";

    static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    readonly AuditLog _log = new(database);
    readonly EntryQuota _refusals = new(perKey: 10, total: 120, database.Time), _signIns = new(perKey: 10, total: 60, database.Time);
    readonly ReadQuota _reads = new(database.Time);

    readonly Lock _gate = new();
    readonly Queue<Waiting> _waiting = new();
    readonly CancellationTokenSource _stop = new();
    Task _writing = Task.CompletedTask;
    bool _isWriting;

    /// <summary>Why entries are queued in memory; <see langword="null"/> if the last write succeeded.</summary>
    public string? Problem { get; private set; }

    /// <summary>Called for each entry that is delayed in memory, with the cause.</summary>
    public Action<AuditEvent, string>? OnDelayed { get; set; }

    /// <summary>Throws if the queue is full. Call before an action that must be recorded.</summary>
    /// <exception cref="ControlDatabaseException"><see cref="Capacity"/> entries are queued.</exception>
    public void EnsureCapacity()
    {
        lock (_gate)
        {
            ThrowIfFull();
        }
    }

    /// <summary>Records an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns><see langword="true"/> once the entry is durable; <see langword="false"/> if the database does not answer: the entry stays queued until it does.
    /// </returns>
    /// <exception cref="ControlDatabaseException"><see cref="Capacity"/> entries are queued. The entry is not recorded.</exception>
    public Task<bool> RecordAsync(AuditEvent entry)
    {
        if (entry.Details is { Length: > AuditLog.MaxDetails })
        {
            throw new ArgumentException($"Details of an audit entry are at most {AuditLog.MaxDetails} characters long.", nameof(entry));
        }

        Waiting waiting;
        string? problem;
        lock (_gate)
        {
            ThrowIfFull();
            waiting = new Waiting(entry, database.Time.GetUtcNow(), new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiting.Enqueue(waiting);
            problem = Problem;
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = Task.Run(WriteAsync, CancellationToken.None);
            }
        }

        if (problem is not null)
        {
            Delay(waiting, problem);
        }

        return waiting.Done.Task;
    }

    /// <summary>Records an action that is done already. Does not throw: if the queue is full, only <see cref="OnDelayed"/> receives the entry.</summary>
    public async Task RecordDoneAsync(AuditEvent entry)
    {
        try
        {
            await RecordAsync(entry);
        }
        catch (ControlDatabaseException e)
        {
            OnDelayed?.Invoke(entry, e.Message);
        }
    }

    /// <summary>Records a rejected request of a known caller. In a flood, records a few a minute and counts the others.</summary>
    public Task RefuseAsync(AuditEvent entry) => TryRecordAsync(_refusals, entry.Actor, entry);

    /// <summary>Records a rejected sign-in. In a flood, records a few a minute and counts the others.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="network">The client's network.</param>
    public Task RefuseSignInAsync(AuditEvent entry, string network) => TryRecordAsync(_signIns, network, entry);

    /// <summary>Records an access to personal data: the first in a minute for an actor, store and target. Counts further ones.</summary>
    /// <exception cref="ControlDatabaseException"><see cref="Capacity"/> entries are queued. The data must not be read.</exception>
    public async Task ReadAsync(AuditEvent entry)
    {
        if (_reads.TryTake(entry, out var counted))
        {
            await RecordAsync(entry with { Details = DetailsOf(counted) });
        }
    }

    /// <summary>Records counts that no entry contains yet: of reads by actor, store and target; of rejections in total.</summary>
    public async Task RecordCountedAsync()
    {
        foreach (var (quota, action) in new[] { (_refusals, "access.refused"), (_signIns, "user.login_refused") })
        {
            if (quota.TakeCounted() is > 0 and var counted)
            {
                await RecordAsync(new AuditEvent(AuditEvent.Engine, action, "", Details: DetailsOf(counted)));
            }
        }

        // Concurrently, so that they share transactions: there may be thousands.
        foreach (var chunk in _reads.TakeCounted().Chunk(MaxBatch))
        {
            await Task.WhenAll(chunk.Select(read => RecordDoneAsync(read.Read with { Details = DetailsOf(read.Counted) })));
        }
    }

    /// <summary>Writes the queued entries if the database answers, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task writing;
        lock (_gate)
        {
            writing = _writing;
        }

        await writing;
        _stop.Dispose();
    }

    Task TryRecordAsync(EntryQuota quota, string key, AuditEvent entry) =>
        quota.TryTake(key, out var counted) ? RecordDoneAsync(entry with { Details = DetailsOf(counted, entry.Details) }) : Task.CompletedTask;

    async Task WriteAsync()
    {
        // The number of unwritten entries of a rejected batch. At least one of them is what the database rejects.
        var suspects = 0;
        var size = MaxBatch;
        while (true)
        {
            Waiting[] batch;
            lock (_gate)
            {
                batch = [.. _waiting.Take(size)];
                if (batch.Length == 0)
                {
                    _isWriting = false;
                    return;
                }
            }

            try
            {
                await AppendAsync(batch);
                Complete(batch, isWritten: true);
                suspects = Math.Max(0, suspects - batch.Length);
                size = suspects == 0 ? MaxBatch : Math.Min(size, suspects);
                continue;
            }
#pragma warning disable CA1031 // Any exception: without this loop, nothing would be recorded.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not ControlDatabaseException { Code: ControlDatabaseException.Unavailable or ControlDatabaseException.Conflict })
                {
                    // Bisect the batch until the rejected entry is alone.
                    if (batch.Length > 1)
                    {
                        (suspects, size) = (batch.Length, batch.Length / 2);
                        continue;
                    }

                    if (await TryReplaceAsync(batch[0], e.Message))
                    {
                        (suspects, size) = (0, MaxBatch);
                        continue;
                    }
                }

                Fail(e.Message);
            }

            try
            {
                await Task.Delay(s_retry, database.Time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Problem stays set: the process ends.
                return;
            }
        }
    }

    Task AppendAsync(Waiting[] batch) => database.WriteAsync(async session =>
    {
        foreach (var waiting in batch)
        {
            await _log.AppendAsync(session, waiting.Entry, waiting.At);
        }
    });

    // Replaces an entry that the database rejects. If the replacement can be written, the entry is at fault; otherwise the database is.
    async Task<bool> TryReplaceAsync(Waiting waiting, string problem)
    {
        try
        {
            await AppendAsync([waiting with { Entry = new AuditEvent(AuditEvent.Engine, Unwritable, "", Details: $$"""{"action":"{{JsonEncodedText.Encode(waiting.Entry.Action)}}"}""") }]);
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }

        Delay(waiting, problem);
        Complete([waiting], isWritten: false);
        return true;
    }

    void Complete(Waiting[] batch, bool isWritten)
    {
        lock (_gate)
        {
            Problem = null;
            for (var i = 0; i < batch.Length; i++)
            {
                _waiting.Dequeue();
            }
        }

        foreach (var waiting in batch)
        {
            waiting.Done.TrySetResult(isWritten);
        }
    }

    void Fail(string problem)
    {
        Waiting[] all;
        lock (_gate)
        {
            Problem = problem;
            all = [.. _waiting];
        }

        foreach (var waiting in all)
        {
            Delay(waiting, problem);
        }
    }

    // Tells of the entry before whoever waits for it goes on.
    void Delay(Waiting waiting, string problem)
    {
        if (waiting.TryDelay())
        {
            OnDelayed?.Invoke(waiting.Entry, problem);
            waiting.Done.TrySetResult(false);
        }
    }

    void ThrowIfFull()
    {
        if (_waiting.Count >= Capacity)
        {
            throw new ControlDatabaseException(ControlDatabaseException.Unavailable, $"{database.Name} does not answer, and {Capacity} audit entries are queued");
        }
    }

    static string? DetailsOf(long counted, string? details = null) => counted == 0 ? details
        : string.Create(CultureInfo.InvariantCulture, $$"""{"counted":{{counted}}{{(details is { Length: > 2 } ? $",{details[1..]}" : "}")}}""");

    sealed record Waiting(AuditEvent Entry, DateTimeOffset At, TaskCompletionSource<bool> Done)
    {
        int _isDelayed;

        /// <summary>Whether nobody was told of the entry before.</summary>
        public bool TryDelay() => !Done.Task.IsCompleted && Interlocked.Exchange(ref _isDelayed, 1) == 0;
    }
}
