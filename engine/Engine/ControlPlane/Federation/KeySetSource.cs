namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// An issuer's keys, from an address or a file. They are read when a token needs them, again in the background once they are <see cref="MaxAge"/> old,
/// and at once when a token names an unknown key: the issuer has rotated. One reading at a time, and at most one each <see cref="MinAge"/>, so that
/// tokens with invented key ids cause no more. If a reading fails, the keys stay in use until they are <see cref="MaxStale"/> old. Any thread.
/// </summary>
/// <param name="read">Reads the set, or says why it cannot be read.</param>
/// <param name="time">The clock.</param>
public sealed class KeySetSource(Func<CancellationToken, Task<(byte[]? Body, string? Problem)>> read, TimeProvider time)
{
    /// <summary>The time between two readings at least, and the age at which the keys are read again.</summary>
    public static readonly TimeSpan MinAge = TimeSpan.FromSeconds(30), MaxAge = TimeSpan.FromHours(1);

    /// <summary>The age from which keys are not trusted any more.</summary>
    public static readonly TimeSpan MaxStale = TimeSpan.FromHours(24);

    // How long a request waits for a reading.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(6);

    readonly Lock _gate = new();
    string? _problem;
    volatile Content? _content;
    Task _reading = Task.CompletedTask;
    DateTimeOffset? _attempted;

    /// <summary>Why the last reading failed; <see langword="null"/> if it did not.</summary>
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

    /// <summary>Receives why the keys cannot be read, once for each cause until a reading succeeds.</summary>
    public Action<string>? OnProblem { get; init; }

    /// <summary>
    /// The keys in use, by which a verdict that was made with them is known; <see langword="null"/> for none. Begins a reading in the background if they are old.
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

    /// <summary>The number of readings so far.</summary>
    public int Readings { get; private set; }

    /// <summary>Returns the keys that a token may be signed with.</summary>
    /// <param name="keyId">The id in the token's header.</param>
    /// <param name="cancellation">Ends the wait.</param>
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

        await reading.WaitAsync(s_patience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Find(keyId);
    }

    /// <summary>Reads keys that were read before again, in the background and at once.</summary>
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

    // Returns the reading under way, or the last one if it is too early for another.
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
        Problem = problem ?? (set is null ? "the answer is no key set" : set.Keys.Count == 0 ? "the key set has no key for signatures" : null);
        if (set is { Keys.Count: > 0 })
        {
            _content = new Content(set, now);
        }
    }

    sealed record Content(JsonWebKeySet Set, DateTimeOffset At);
}
