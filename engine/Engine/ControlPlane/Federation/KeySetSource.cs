namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// Caches an issuer's keys from an address or a file. Reads them when a token first needs them; in the background once they are <see
/// cref="MaxAge"/> old; and at once when a token names an unknown key, because the issuer has rotated. Reads one at a time and at most once
/// in <see cref="MinAge"/>, so invented key ids cause no more reads. After a failed read the keys stay in use until they are <see
/// cref="MaxStale"/> old. Thread-safe.
/// </summary>
/// <param name="read">Reads the key set, or returns why it cannot be read.</param>
/// <param name="time">The clock.</param>
public sealed class KeySetSource(Func<CancellationToken, Task<(byte[]? Body, string? Problem)>> read, TimeProvider time)
{
    /// <summary>Minimum interval between reads, and the age at which the keys are read again.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromSeconds(30), MaxAge = TimeSpan.FromHours(1);

    /// <summary>The age from which keys are no longer trusted.</summary>
    public static readonly TimeSpan MaxStale = TimeSpan.FromHours(24);

    // How long a request waits for a read.
    static readonly TimeSpan s_waitTimeout = TimeSpan.FromSeconds(6);

    readonly Lock _gate = new();
    string? _problem;
    volatile Content? _content;
    Task _reading = Task.CompletedTask;
    DateTimeOffset? _attempted;

    /// <summary>Why the last read failed; <see langword="null"/> if it succeeded.</summary>
    public string? Problem
    {
        get => _problem;
        private set
        {
            var former = Interlocked.Exchange(ref _problem, value);
            if (value is not null && value != former)
            {
                OnProblem?.Invoke(value);
            }
        }
    }

    /// <summary>Called when a read fails: once for each cause, until a read succeeds.</summary>
    public Action<string>? OnProblem { get; init; }

    /// <summary>
    /// An object that identifies the keys in use, to tell cached verdicts of former keys apart; <see langword="null"/> for none. Starts a read if they are old.
    /// </summary>
    public object? Current
    {
        get
        {
            if (_content is not { } content || time.GetUtcNow() - content.At is var age && age >= MaxStale)
            {
                return null;
            }

            if (age >= MaxAge)
            {
                _ = Begin();
            }

            return content;
        }
    }

    /// <summary>Number of reads so far.</summary>
    public int Readings { get; private set; }

    /// <summary>Returns the keys that may have signed a token. Waits some seconds for a read if none has the id.</summary>
    /// <param name="keyId">The id in the token's header; <see langword="null"/> for none.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    public async ValueTask<IReadOnlyList<JsonWebKey>> FindAsync(string? keyId, CancellationToken cancellation = default)
    {
        var found = Find(keyId);
        var isOld = _content is not { } content || time.GetUtcNow() - content.At >= MaxAge;
        if (found.Count > 0 && !isOld)
        {
            return found;
        }

        var reading = Begin();
        if (found.Count > 0)
        {
            return found;
        }

        await reading.WaitAsync(s_waitTimeout, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Find(keyId);
    }

    /// <summary>Starts a read in the background, even if the last one was recent. Does nothing if the keys were never read.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (_attempted is null)
            {
                return;
            }

            _attempted = null;
        }

        _ = Begin();
    }

    IReadOnlyList<JsonWebKey> Find(string? keyId) =>
        _content is { } content && time.GetUtcNow() - content.At < MaxStale ? [.. content.Set.For(keyId)] : [];

    // Returns the running read; the last one if it is too early for another.
    Task Begin()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_reading.IsCompleted && !(now - _attempted < MinAge))
            {
                _attempted = now;
                Readings++;
                _reading = Task.Run(() => ReadAsync(now));
            }

            return _reading;
        }
    }

    async Task ReadAsync(DateTimeOffset now)
    {
        var (body, problem) = await read(CancellationToken.None);
        var set = body is null ? null : JsonWebKeySet.Read(body);
        Problem = problem ?? (set is null ? "the answer is not a key set" : set.Keys.Count == 0 ? "the key set has no key for signatures" : null);
        if (set is { Keys.Count: > 0 })
        {
            _content = new Content(set, now);
        }
    }

    sealed record Content(JsonWebKeySet Set, DateTimeOffset At);
}
