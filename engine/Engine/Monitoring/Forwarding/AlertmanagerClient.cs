using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Receivers;
using CartRecovery.Primitives;
using CartRecovery.Primitives.Files;

namespace CartRecovery.Engine.Monitoring.Forwarding;

/// <summary>
/// Posts alerts to one Alertmanager's API v2, in order, at most 64 a request. A request that fails is not repeated: the rule sends its alert
/// again within a minute. Thread-safe.
/// </summary>
public sealed class AlertmanagerClient : IAsyncDisposable
{
    /// <summary>How many alerts may wait. A full queue drops the oldest.</summary>
    public const int MaxQueue = 10_000;

    const int MaxBatch = 64;

    readonly Channel<AlertMessage> _queue;
    readonly HttpClient _http;
    readonly Uri _url;
    readonly TimeSpan _timeout;
    readonly KeyValuePair<string, string>[] _labels;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _stop = new();
    readonly Task _worker;
    long _sent, _failed, _dropped;

    /// <summary>Creates a client and starts its worker.</summary>
    /// <param name="config">The Alertmanager.</param>
    /// <param name="folder">The folder that the paths of certificates are relative to.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">A certificate cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A certificate is malformed, or does not match its key.</exception>
    public AlertmanagerClient(AlertmanagerTargetConfig config, string folder, TimeProvider time)
    {
        (_url, _timeout, _time) = (new Uri($"{config.Url.TrimEnd('/')}/api/v2/alerts"), config.Timeout.Value, time);
        _labels = [.. config.Labels];
        _http = CreateHttp(config, folder);
        _queue = Channel.CreateBounded<AlertMessage>(
            new BoundedChannelOptions(MaxQueue) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Increment(ref _dropped));
        _worker = Task.Run(RunAsync);
    }

    /// <summary>The Alertmanager's host and port.</summary>
    public string Name => _url.Authority;

    /// <summary>How many alerts wait.</summary>
    public int Depth => _queue.Reader.Count;

    /// <summary>How many alerts the Alertmanager has taken.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>How many alerts it has not taken.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>How many alerts a full queue has dropped, or were outdated when their turn came.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Why the last request failed; null if it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Queues alerts. Does not block.</summary>
    public void Enqueue(IReadOnlyList<AlertMessage> alerts)
    {
        foreach (var alert in alerts)
        {
            _queue.Writer.TryWrite(alert);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await _worker;
        _http.Dispose();
        _stop.Dispose();
    }

    async Task RunAsync()
    {
        List<AlertMessage> batch = new(MaxBatch);
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_stop.Token))
            {
                batch.Clear();
                var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
                while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var alert))
                {
                    // After a long wait, a firing alert past its end would resolve there.
                    if (!alert.IsResolved && alert.EndsAt <= now)
                    {
                        Interlocked.Increment(ref _dropped);
                        continue;
                    }

                    batch.Add(alert);
                }

                if (batch.Count > 0)
                {
                    Problem = await PostAsync(batch);
                    Interlocked.Add(ref Problem is null ? ref _sent : ref _failed, batch.Count);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    // Returns why it failed, without the address's path, which may be a secret.
    async Task<string?> PostAsync(List<AlertMessage> batch)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
        using var content = new ReadOnlyMemoryContent(Write(batch));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await _http.PostAsync(_url, content, either.Token);
            return response.IsSuccessStatusCode ? null : string.Create(CultureInfo.InvariantCulture, $"it answered {(int)response.StatusCode}");
        }
        catch (HttpRequestException e)
        {
            return e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "the name did not resolve",
                HttpRequestError.ConnectionError => "could not connect",
                HttpRequestError.SecureConnectionError => "TLS failed",
                _ => "the connection failed",
            };
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            return "no answer in time";
        }
    }

    ReadOnlyMemory<byte> Write(List<AlertMessage> batch)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(body);
        json.WriteStartArray();
        foreach (var alert in batch)
        {
            json.WriteStartObject();
            json.WriteLabels("labels", LabelsOf(alert));
            json.WriteLabels("annotations", alert.Annotations);
            json.WriteString("startsAt", NoticeJson.Time(alert.StartsAt));
            json.WriteString("endsAt", NoticeJson.Time(alert.EndsAt));
            json.WriteString("generatorURL", alert.GeneratorUrl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return body.WrittenMemory;
    }

    SeriesLabels LabelsOf(AlertMessage alert)
    {
        var added = _labels.Where(label => alert.Labels[label.Key].Length == 0).ToList();
        return added.Count == 0 ? alert.Labels : SeriesLabels.Of(alert.Labels.Concat(added));
    }

    static HttpClient CreateHttp(AlertmanagerTargetConfig config, string folder)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            Proxy = new DirectOnLoopback(HttpClient.DefaultProxy),
        };
        if (config.Ca is { } ca)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(RegularFile.Check(Path.GetFullPath(ca, folder)));
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        if (config is { Certificate: { } certificate, Key: { } key })
        {
            handler.SslOptions.ClientCertificates =
            [
                X509Certificate2.CreateFromPemFile(RegularFile.Check(Path.GetFullPath(certificate, folder)), RegularFile.Check(Path.GetFullPath(key, folder))),
            ];
        }

        // Each request has a limit of its own.
        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("CartRecovery/1.0");
        http.DefaultRequestHeaders.Authorization = config switch
        {
            { Token: { } token } => new AuthenticationHeaderValue("Bearer", token),
            { Username: { } user } => new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{config.Password}"))),
            _ => null,
        };
        return http;
    }
}
