using System.Net.Http.Headers;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins.Http;

/// <summary>
/// A sink that sends one HTTP request for each intervention: several at once, each judged by its answer, and its health by the last one.
/// </summary>
public abstract class HttpSink : ISink
{
    // Requests of one batch that are under way at once.
    const int Concurrency = 8;

    // What is read of an answer at most; the connection is closed where there is more.
    const int AnswerBytes = 64 * 1024;

    readonly Uri _address;
    volatile SinkHealth _health;

    /// <summary>A sink whose receiver is at this address.</summary>
    /// <param name="address">Its host and port are shown at <c>/health</c>; its path, which may be a secret, is not.</param>
    /// <param name="time">The clock for dates in <c>Retry-After</c>.</param>
    protected HttpSink(Uri address, TimeProvider time)
    {
        _address = address;
        Time = time;
        _health = new SinkHealth(Healthy: true, $"nothing sent to {address.Authority} yet");
        Http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // New connections now and then, so that a change of the receiver's address is seen.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseDrainSize = AnswerBytes,
        })
        {
            // The engine has the timeout.
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = AnswerBytes,
        };
        Http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("CartRecovery", "1.0"));
    }

    /// <summary>The sink as the engine takes it.</summary>
    public SinkInstance Instance => new(this, _ => ValueTask.FromResult(_health));

    /// <summary>The sink's connections.</summary>
    protected HttpClient Http { get; }

    /// <summary>The sink's clock.</summary>
    protected TimeProvider Time { get; }

    /// <inheritdoc/>
    public virtual ValueTask ConnectAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForAsync(0, batch.Items.Count, options, (index, token) => SendAsync(batch, index, token));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Out of time. The engine retries the items without a mark; there is no connection to reopen.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Http.Dispose();
        Dispose();
        return default;
    }

    /// <summary>Lets go of what the sink has beside its connections.</summary>
    protected virtual void Dispose()
    {
    }

    /// <summary>Why the intervention can never be sent, which is known before anything is; or <see langword="null"/>.</summary>
    protected virtual string? Refuse(Intervention intervention) => null;

    /// <summary>The request for an intervention, made anew for every try.</summary>
    /// <exception cref="NotNowException">It cannot be made now.</exception>
    protected abstract ValueTask<HttpRequestMessage> RequestAsync(Intervention intervention, CancellationToken cancellationToken);

    /// <summary>What an answer other than 2xx means.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="body">Its body, up to 64 KB; empty where it was longer, or broke off.</param>
    protected virtual HttpVerdict Judge(int status, ReadOnlyMemory<byte> body) => HttpVerdict.Of(status);

    async ValueTask SendAsync(DeliveryBatch batch, int index, CancellationToken cancellationToken)
    {
        try
        {
            if (Refuse(batch.Items[index]) is { } refusal)
            {
                batch.Reject(index, refusal);
                return;
            }

            using var request = await RequestAsync(batch.Items[index], cancellationToken);
            // Disposing the answer reads what is left of a short one, and cuts a long one off.
            using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var verdict = response.IsSuccessStatusCode
                ? HttpVerdict.Of((int)response.StatusCode)
                : Judge((int)response.StatusCode, await BodyAsync(response, cancellationToken));
            Take(batch, index, verdict, RetryAfter(response));
        }
        catch (HttpRequestException error)
        {
            Take(batch, index, new HttpVerdict(DeliveryOutcome.Retry, Words(error)), after: null);
        }
        catch (NotNowException error)
        {
            Take(batch, index, new HttpVerdict(DeliveryOutcome.Retry, error.Message), after: null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Take(batch, index, new HttpVerdict(DeliveryOutcome.Retry, "no answer in time"), after: null);
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
            default:
                batch.Retry(index, verdict.Reason, after);
                break;
        }

        // An address that does not exist is the receiver's word on the address, not a fault of the receiver.
        var healthy = verdict.Outcome is DeliveryOutcome.Delivered or DeliveryOutcome.Bounced;
        var detail = $"{_address.Authority}: {verdict.Reason}";
        if (_health.Healthy != healthy || _health.Detail != detail)
            _health = new SinkHealth(healthy, detail);
    }

    TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - Time.GetUtcNow(),
        _ => null,
    };

    /// <summary>An answer's body; empty where it is too long, or breaks off.</summary>
    protected static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(AnswerBytes, cancellationToken);
            return await response.Content.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }

    // The error's kind and not its text, which may quote the address.
    static string Words(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.Unknown => "the connection failed",
        HttpRequestError.NameResolutionError => "the name did not resolve",
        HttpRequestError.ConnectionError => "could not connect",
        HttpRequestError.SecureConnectionError => "TLS failed",
        HttpRequestError.ResponseEnded => "the connection was closed without an answer",
        HttpRequestError.InvalidResponse => "what was answered is not HTTP",
        var kind => kind.ToString(),
    };
}
