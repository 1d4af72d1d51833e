namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>
/// Caches a provider's discovery document and keys. Fetches the document when it is first needed, and in the background once it is <see cref="MaxAge"/> old; requests meanwhile
/// get the former one. Fetches one at a time, and after a failure at most once in <see cref="MinAge"/>. Requests share a fetch, and none that goes away ends it. Thread-safe.
/// </summary>
/// <param name="issuer">The provider's issuer.</param>
/// <param name="http">Sends the requests.</param>
/// <param name="time">The clock.</param>
/// <param name="onProblem">Called when the document or the keys cannot be read, with the cause; <see langword="null"/> for none.</param>
sealed class OidcDiscovery(string issuer, FederationHttp http, TimeProvider time, Action<string>? onProblem)
{
    /// <summary>The age at which the document is fetched again, and the minimum interval after a failure.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1), MinAge = TimeSpan.FromSeconds(5);

    // How long a request waits for the first document.
    static readonly TimeSpan s_waitTimeout = FederationHttp.RequestTimeout + TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    volatile OidcDocument? _document;
    Task _fetching = Task.CompletedTask;
    (string Problem, DateTimeOffset At)? _failure;
    string? _told;

    /// <summary>The issuer.</summary>
    public string Issuer => issuer;

    /// <summary>Returns the document.</summary>
    /// <param name="cancellation">Cancels the wait, and not the fetch.</param>
    /// <returns>The document, or why there is none.</returns>
    public async Task<(OidcDocument? Document, string? Problem)> GetAsync(CancellationToken cancellation)
    {
        if (_document is { } known)
        {
            if (time.GetUtcNow() - known.At >= MaxAge)
            {
                _ = Begin();
            }

            return (known, null);
        }

        await Begin().WaitAsync(s_waitTimeout, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return _document is { } fetched ? (fetched, null) : (null, _failure?.Problem ?? "the provider does not answer");
        }
    }

    /// <summary>Reports a cause once, until a request succeeds.</summary>
    /// <param name="problem">The cause; <see langword="null"/> for a success.</param>
    public void Report(string? problem)
    {
        if (Interlocked.Exchange(ref _told, problem) != problem && problem is not null)
        {
            onProblem?.Invoke(problem);
        }
    }

    // Returns the running fetch; the last one if it is too early for another.
    Task Begin()
    {
        lock (_gate)
        {
            if (_fetching.IsCompleted && !(_failure is { } failure && time.GetUtcNow() - failure.At < MinAge))
            {
                _fetching = Task.Run(FetchAsync);
            }

            return _fetching;
        }
    }

    async Task FetchAsync()
    {
        var (body, problem) = await http.GetAsync(OidcMetadata.AddressOf(issuer), CancellationToken.None);
        var (metadata, wrong) = body is null ? (null, problem) : OidcMetadata.Read(body, issuer);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            _failure = metadata is null ? (wrong!, now) : null;
        }

        if (metadata is not null)
        {
            var keys = _document is { } former && former.Metadata.Keys == metadata.Keys ? former.Keys : ForeignTokens.SourceOf(metadata.Keys, http, time, onProblem);
            _document = new OidcDocument(metadata, keys, now);
        }

        Report(wrong);
    }
}
