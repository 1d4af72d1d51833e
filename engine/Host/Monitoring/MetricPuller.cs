using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.History;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Monitoring;

/// <summary>
/// Reads metrics of other programs at their intervals: Prometheus text, and values out of answers of HTTP services. What does not answer in
/// time, answers too much or cannot be read is down (<c>up</c> is 0), and is read again at its next interval.
/// </summary>
sealed class MetricPuller : IDisposable
{
    static readonly TimeSpan s_connectionLifetime = TimeSpan.FromMinutes(5);

    readonly TimeProvider _time;
    readonly HttpClient _http;
    readonly CancellationTokenSource _stop = new();
    readonly List<Target> _targets = [];

    /// <summary>Prepares the targets without reading them.</summary>
    /// <exception cref="FormatException">A collector is invalid.</exception>
    public MetricPuller(MonitoringConfig config, MetricHistory history, TimeProvider time)
    {
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Brotli,
            PooledConnectionLifetime = s_connectionLifetime,
            Proxy = new DirectOnLoopback(HttpClient.DefaultProxy),
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        foreach (var (name, target) in config.Targets)
        {
            _targets.Add(new Target(this, target, new Scrape(history, LabelsOf(name, target.Instance, target.Url, target.Labels), target.MaxSamples)));
        }

        foreach (var (name, collector) in config.Collectors)
        {
            var scrape = new Scrape(history, LabelsOf(name, collector.Instance, collector.Url, []), MaxValues);
            _targets.Add(new Target(this, collector, scrape, [.. collector.Metrics.Select(metric => new ResponseMetric(metric))]));
        }
    }

    const int MaxValues = 100_000;

    /// <summary>Starts to read.</summary>
    public void Start()
    {
        foreach (var target in _targets)
        {
            target.Schedule(TimeSpan.Zero);
        }
    }

    /// <summary>Reads every target once.</summary>
    internal Task PullAsync() => Task.WhenAll(_targets.Select(target => target.PullAsync()));

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (var target in _targets)
        {
            target.Dispose();
        }

        _http.Dispose();
    }

    static List<KeyValuePair<string, string>> LabelsOf(string name, string? instance, string url, Dictionary<string, string> labels) =>
        [.. labels, new("job", name), new("instance", instance ?? (Uri.TryCreate(url, UriKind.Absolute, out var address) ? address.Authority : url))];

    sealed class Target : IDisposable
    {
        readonly MetricPuller _puller;
        readonly Scrape _scrape;
        readonly List<ResponseMetric>? _metrics;
        readonly string _url;
        readonly string? _body;
        readonly Dictionary<string, string> _headers;
        readonly TimeSpan _interval;
        readonly TimeSpan _timeout;
        readonly long _size;
        readonly ITimer _timer;
        int _pulls;

        public Target(MetricPuller puller, ScrapeConfig config, Scrape scrape)
            : this(puller, scrape, config.Url, config.Headers, config.Interval.Value, config.Timeout.Value, config.Size.Bytes) =>
            _headers.TryAdd("Accept", "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");

        public Target(MetricPuller puller, HttpCollectorConfig config, Scrape scrape, List<ResponseMetric> metrics)
            : this(puller, scrape, config.Url, config.Headers, config.Interval.Value, config.Timeout.Value, config.Size.Bytes)
        {
            (_metrics, _body) = (metrics, config.Body);
            if (config.Username is { } user)
            {
                _headers["Authorization"] = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{config.Password}"))}";
            }
        }

        Target(MetricPuller puller, Scrape scrape, string url, Dictionary<string, string> headers, TimeSpan interval, TimeSpan timeout, long size)
        {
            (_puller, _scrape, _url, _headers) = (puller, scrape, url, new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase));
            (_interval, _timeout, _size) = (interval, timeout, size);
            _timer = puller._time.CreateTimer(_ => _ = PullAsync(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Schedule(TimeSpan after)
        {
            if (_puller._stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                _timer.Change(after, Timeout.InfiniteTimeSpan);
            }
            catch (ObjectDisposedException)
            {
                // Stopped meanwhile.
            }
        }

        public async Task PullAsync()
        {
            // One request at a time.
            if (_puller._stop.IsCancellationRequested || Interlocked.Exchange(ref _pulls, 1) != 0)
            {
                return;
            }

            var (time, began) = (_puller._time.GetUtcNow().ToUnixTimeMilliseconds(), _puller._time.GetTimestamp());
            try
            {
                var answer = await AskAsync();
                var text = _metrics is null ? answer : Text(answer);
                _scrape.Take(text, time, Elapsed());
            }
            catch (FormatException) when (_metrics is null)
            {
                // The scrape has noted it.
            }
#pragma warning disable CA1031 // Whatever a service answers, it is down, and is asked again.
            catch (Exception)
#pragma warning restore CA1031
            {
                if (!_puller._stop.IsCancellationRequested)
                {
                    _scrape.Fail(time, Elapsed());
                }
            }

            Volatile.Write(ref _pulls, 0);
            var elapsed = _puller._time.GetElapsedTime(began);
            Schedule(elapsed < _interval ? _interval - elapsed : TimeSpan.Zero);

            double Elapsed() => _puller._time.GetElapsedTime(began).TotalSeconds;
        }

        public void Dispose() => _timer.Dispose();

        async Task<string> AskAsync()
        {
            using var cut = CancellationTokenSource.CreateLinkedTokenSource(_puller._stop.Token);
            cut.CancelAfter(_timeout);
            using var request = new HttpRequestMessage(_body is null ? HttpMethod.Get : HttpMethod.Post, _url);
            if (_body is not null)
            {
                request.Content = new StringContent(_body, Encoding.UTF8, "application/json");
            }

            foreach (var (name, value) in _headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await _puller._http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cut.Token);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync(cut.Token);
            using var bytes = new MemoryStream();
            var buffer = new byte[16 << 10];
            for (int read; (read = await body.ReadAsync(buffer, cut.Token)) > 0;)
            {
                bytes.Write(buffer, 0, read);
                if (bytes.Length > _size)
                {
                    throw new InvalidDataException($"the answer is longer than {_size} bytes");
                }
            }

            return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }

        // As the text that a scrape takes, so that a value that is missing ends its series.
        string Text(string answer)
        {
            using var document = Json(answer);
            var text = new StringBuilder();
            foreach (var metric in _metrics!)
            {
                var about = metric.Metadata;
                text.Append("# TYPE ").Append(about.Name).Append(' ').Append(Exposition.NameOf(about.Type)).Append('\n');
                text.Append("# HELP ").Append(about.Name).Append(' ').Append(about.Help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
                foreach (var (labels, value) in metric.Read(answer, document))
                {
                    text.Append(Engine.Monitoring.Query.SeriesLabels.Of(labels)).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
                }
            }

            return text.ToString();
        }

        static JsonDocument? Json(string answer)
        {
            try
            {
                return JsonDocument.Parse(answer);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
