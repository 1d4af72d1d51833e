using CartRecovery.Contracts;

namespace CartRecovery.Plugins.Http;

/// <summary>
/// A base class for sinks that send one HTTP request per intervention, or per group of them, several concurrently. The response decides the
/// outcome; the last one decides the health.
/// </summary>
public abstract class HttpSink : ISink
{
    // Concurrent requests per batch.
    const int Concurrency = 8;

    // The maximum of a response body that is read; the connection is closed if there is more.
    const int MaxResponseBytes = 64 * 1024;

    const string UserAgent = "CartRecovery/1.0";

    readonly Uri _address;
    readonly HttpMessageInvoker _requests;
    volatile SinkHealth _health;

    /// <summary>Creates a sink for the receiver at an address.</summary>
    /// <param name="address">Its host and port are shown at <c>/health</c>; its path, which may be a secret, is not.</param>
    /// <param name="time">The clock for dates in <c>Retry-After</c>.</param>
    protected HttpSink(Uri address, TimeProvider time)
    {
        _address = address;
        Time = time;
        _health = new SinkHealth(Healthy: true, $"nothing sent to {address.Authority} yet");
        var connections = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // Connections are replaced periodically, to follow DNS changes.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseDrainSize = MaxResponseBytes,
        };
        // Without HttpClient's timeout and buffering, which the engine and this class have already.
        _requests = new HttpMessageInvoker(connections, disposeHandler: false);
        Http = new HttpClient(connections)
        {
            // The engine enforces the timeout.
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxResponseBytes,
        };
        Http.DefaultRequestHeaders.Add("User-Agent", UserAgent);
    }

    /// <summary>The sink for the engine.</summary>
    public SinkInstance Instance => new(this, _ => ValueTask.FromResult(_health));

    /// <summary>The sink's HTTP client.</summary>
    protected HttpClient Http { get; }

    /// <summary>The sink's clock.</summary>
    protected TimeProvider Time { get; }

    /// <summary>Maximum number of interventions in a request. Above 1, override <see cref="GroupRequest"/>.</summary>
    protected virtual int GroupSize => 1;

    /// <inheritdoc/>
    public virtual ValueTask ConnectAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        try
        {
            var (count, size) = (batch.Items.Count, GroupSize);
            await Parallel.ForAsync(0, (count + size - 1) / size, options, (group, token) =>
                SendGroupAsync(batch, group * size, Math.Min(size, count - (group * size)), token));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Timed out. The engine retries unmarked items; there is no connection to reopen.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _requests.Dispose();
        Http.Dispose();
        Dispose();
        return default;
    }

    /// <summary>Releases the sink's resources other than its connections.</summary>
    protected virtual void Dispose()
    {
    }

    /// <summary>Returns why the intervention can never be sent, checked before any request; or <see langword="null"/>.</summary>
    protected virtual string? Reject(Intervention intervention) => null;

    /// <summary>Creates the request for an intervention, anew on every try.</summary>
    /// <exception cref="TransientSinkException">The request cannot be created at present.</exception>
    protected abstract ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken);

    /// <summary>Creates the request for several interventions that the sink does not reject, anew on every try.</summary>
    protected virtual HttpRequestMessage GroupRequest(IReadOnlyList<Intervention> interventions) => throw new NotSupportedException();

    /// <summary>Returns the verdict for a response other than 2xx.</summary>
    /// <param name="status">The status.</param>
    /// <param name="body">The body, up to 64 KB; empty if it was longer or incomplete.</param>
    protected virtual HttpVerdict Judge(int status, ReadOnlyMemory<byte> body) => HttpVerdict.Of(status);

    async ValueTask SendGroupAsync(DeliveryBatch batch, int first, int count, CancellationToken cancellationToken)
    {
        var indexes = new List<int>(count);
        for (var i = first; i < first + count; i++)
        {
            if (Reject(batch.Items[i]) is { } reason)
            {
                batch.Reject(i, reason);
            }
            else
            {
                indexes.Add(i);
            }
        }

        if (indexes.Count > 1)
        {
            var (verdict, after) = await TrySendAsync(
                () => ValueTask.FromResult(GroupRequest(indexes.ConvertAll(i => batch.Items[i]))), cancellationToken);
            if (verdict.Outcome != DeliveryOutcome.Rejected)
            {
                indexes.ForEach(i => Take(batch, i, verdict, after));
                return;
            }
        }

        // A receiver that rejects a group may reject one of it alone: the others must not suffer.
        foreach (var i in indexes)
        {
            var (verdict, after) = await TrySendAsync(() => RequestAsync(batch.Items[i], cancellationToken), cancellationToken);
            Take(batch, i, verdict, after);
        }
    }

    async ValueTask<(HttpVerdict Verdict, TimeSpan? After)> TrySendAsync(
        Func<ValueTask<HttpRequestMessage>> create, CancellationToken cancellationToken)
    {
        try
        {
            using var request = await create();
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            // Disposing drains a short response and aborts a long one.
            using var response = await _requests.SendAsync(request, cancellationToken);
            var verdict = response.IsSuccessStatusCode
                ? HttpVerdict.Of((int)response.StatusCode)
                : Judge((int)response.StatusCode, await BodyAsync(response, cancellationToken));
            return (verdict, RetryAfter(response));
        }
        catch (HttpRequestException error)
        {
            return (new HttpVerdict(DeliveryOutcome.Retry, Words(error)), null);
        }
        catch (TransientSinkException error)
        {
            return (new HttpVerdict(DeliveryOutcome.Retry, error.Message), null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (new HttpVerdict(DeliveryOutcome.Retry, "no answer in time"), null);
        }
    }

    void Take(DeliveryBatch batch, int index, HttpVerdict verdict, TimeSpan? after)
    {
        switch (verdict.Outcome)
        {
            case DeliveryOutcome.Delivered:
                batch.Deliver(index);
                break;
            case DeliveryOutcome.Rejected:
                batch.Reject(index, verdict.Reason);
                break;
            case DeliveryOutcome.Bounced:
                batch.Bounce(index, verdict.Reason);
                break;
            case DeliveryOutcome.Disabled:
                batch.Disable(index, verdict.Reason);
                break;
            default:
                batch.Retry(index, verdict.Reason, after);
                break;
        }

        // A bounce concerns the recipient's address; the receiver itself is healthy.
        var healthy = verdict.Outcome is DeliveryOutcome.Delivered or DeliveryOutcome.Bounced;
        var detail = $"{_address.Authority}: {verdict.Reason}";
        if (_health.Healthy != healthy || _health.Detail != detail)
        {
            _health = new SinkHealth(healthy, detail);
        }
    }

    TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - Time.GetUtcNow(),
        _ => null,
    };

    /// <summary>Reads a response's body; empty if it is too long or incomplete.</summary>
    protected static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxResponseBytes, cancellationToken);
            return await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }

    // Only the error's kind: its text may quote the address.
    static string Words(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.Unknown => "the connection failed",
        HttpRequestError.NameResolutionError => "the name did not resolve",
        HttpRequestError.ConnectionError => "could not connect",
        HttpRequestError.SecureConnectionError => "TLS failed",
        HttpRequestError.ResponseEnded => "the connection was closed without an answer",
        HttpRequestError.InvalidResponse => "the response is not HTTP",
        var kind => kind.ToString(),
    };
}
