using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Primitives;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <summary>
/// Fetches exchange rates periodically and puts them into force. A failed fetch changes nothing: the last good rates stay in force, also
/// after a restart, and <c>/health</c> reports their age once they are stale.
/// </summary>
sealed partial class ExchangeRatesFeed : IDisposable
{
    /// <summary>The name of the data folder's file with the last good rates.</summary>
    public const string FileName = "exchange-rates.json";

    // Rates are stale after this many intervals without a successful fetch.
    const int StaleIntervals = 3;

    static readonly TimeSpan s_retry = TimeSpan.FromMinutes(1), s_connectionLifetime = TimeSpan.FromMinutes(5);

    readonly string _path;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly Action _apply;
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = s_connectionLifetime })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = ExchangeRatesJson.MaxSize,
    };

    readonly CancellationTokenSource _stop = new();
    readonly ITimer _timer;
    readonly Lock _gate = new();
    ExchangeRatesSourceConfig? _source;
    Quotes _quotes = new("", 0, []);
    string? _failure;
    long _failures;
    long _since;
    bool _isStarted;

    /// <summary>The rates of a source.</summary>
    /// <param name="Source">A hash of the source's address.</param>
    /// <param name="At">When they were fetched (ms since 1970 UTC); 0 if there are none.</param>
    /// <param name="Worth">The value of one unit by code.</param>
    public sealed record Quotes(string Source, long At, Dictionary<string, double> Worth);

    /// <summary>A source with the rates that are available without a fetch.</summary>
    public sealed record Prepared(ExchangeRatesSourceConfig? Source, bool IsChanged, Quotes Rates);

    /// <param name="folder">The data folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Receives failures.</param>
    /// <param name="apply">Puts the rates into force.</param>
    public ExchangeRatesFeed(string folder, TimeProvider time, ILogger log, Action apply)
    {
        (_path, _time, _log, _apply) = (Path.Combine(folder, FileName), time, log, apply);
        _timer = time.CreateTimer(_ => _ = FetchAsync(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Number of failed fetches.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>The age of the rates in force, in seconds; NaN if there are none.</summary>
    public double Age => Volatile.Read(ref _quotes) is { At: > 0 } quotes ? (Now - quotes.At) / 1000.0 : double.NaN;

    /// <summary>Whether a source is configured, and why its rates are stale; <see langword="null"/> if they are not.</summary>
    public (bool IsConfigured, string? Problem) State
    {
        get
        {
            lock (_gate)
            {
                if (_source is not { } source)
                {
                    return (false, null);
                }

                var isStale = Now - Math.Max(_quotes.At, _since) > StaleIntervals * source.Interval.Value.TotalMilliseconds;
                if (!isStale && (_quotes.At != 0 || _failure is null))
                {
                    return (true, null);
                }

                var at = DateTimeOffset.FromUnixTimeMilliseconds(_quotes.At);
                var age = _quotes.At == 0 ? "no rates yet" : $"the rates are of {at:yyyy-MM-dd HH:mm:ss}Z";
                return (true, $"{age}: {_failure ?? "no answer yet"}");
            }
        }
    }

    /// <summary>Returns a source with the rates in force or, for another source, the saved ones. Changes nothing.</summary>
    public Prepared Prepare(ExchangeRatesSourceConfig? source)
    {
        lock (_gate)
        {
            var isChanged = source?.Url != _source?.Url || source?.Header != _source?.Header || source?.Interval != _source?.Interval;
            return new Prepared(source, isChanged, !isChanged ? _quotes : source is null ? new("", 0, []) : Read(KeyOf(source)));
        }
    }

    /// <summary>Replaces the source. If it changed and the feed is started, fetches its rates at once.</summary>
    public void Update(Prepared prepared)
    {
        lock (_gate)
        {
            _source = prepared.Source;
            if (!prepared.IsChanged)
            {
                return;
            }

            _since = Now;
            _failure = null;
            _quotes = prepared.Rates;
            if (_isStarted)
            {
                Schedule(_source is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
            }
        }
    }

    /// <inheritdoc cref="Update(Prepared)"/>
    public void Update(ExchangeRatesSourceConfig? source) => Update(Prepare(source));

    /// <summary>Starts to fetch.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _isStarted = true;
            Schedule(_source is null ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        }
    }

    /// <summary>Returns the section with the fetched rates. Rates in the section take precedence.</summary>
    /// <param name="decisions">The section.</param>
    /// <param name="prepared">A source that is about to come into force; <see langword="null"/> for the one in force.</param>
    public DecisionsConfig AddTo(DecisionsConfig decisions, Prepared? prepared = null)
    {
        var worth = (prepared?.Rates ?? Volatile.Read(ref _quotes)).Worth;
        if (worth.Count == 0)
        {
            return decisions;
        }

        var rates = new Dictionary<string, double>(decisions.ExchangeRates, StringComparer.Ordinal);
        foreach (var (currency, value) in worth)
        {
            rates.TryAdd(currency, value);
        }

        return decisions.With(rates);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStarted = false;
            _timer.Dispose();
        }

        _stop.Cancel();
        _http.Dispose();
        _stop.Dispose();
    }

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    void Schedule(TimeSpan wait) => _timer.Change(wait, Timeout.InfiniteTimeSpan);

    async Task FetchAsync()
    {
        ExchangeRatesSourceConfig? source;
        CancellationToken stopping;
        lock (_gate)
        {
            source = _isStarted ? _source : null;
            if (source is null)
            {
                return;
            }

            stopping = _stop.Token;
        }

        var rates = new Dictionary<string, double>(StringComparer.Ordinal);
        var problem = await ReadAsync(source, rates, stopping);
        if (Complete(source, problem, rates))
        {
            _apply();
        }
    }

    // Returns whether the rates in force changed.
    bool Complete(ExchangeRatesSourceConfig source, string? problem, Dictionary<string, double> rates)
    {
        lock (_gate)
        {
            if (!_isStarted || _source != source)
            {
                return false;
            }

            if (problem is not null)
            {
                _failures++;
                LogFailed(HostOf(source), _failure = problem);
                Schedule(source.Interval.Value < s_retry ? source.Interval.Value : s_retry);
                return false;
            }

            var isNew = rates.Count != _quotes.Worth.Count
                || rates.Any(rate => !_quotes.Worth.TryGetValue(rate.Key, out var worth) || worth != rate.Value);
            _failure = null;
            _quotes = new Quotes(KeyOf(source), Now, rates);
            Write(_quotes);
            Schedule(source.Interval.Value);
            return isNew;
        }
    }

    async Task<string?> ReadAsync(ExchangeRatesSourceConfig source, Dictionary<string, double> rates, CancellationToken stopping)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        deadline.CancelAfter(source.Timeout.Value);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, source.Url);
            request.Headers.Accept.ParseAdd("application/json");
            if (source.ParseHeader() is var (name, value))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
            var body = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return !response.IsSuccessStatusCode ? $"the answer is {(int)response.StatusCode}"
                : ExchangeRatesJson.Read(body, rates) is [var problem, ..] ? $"the answer, {problem}" : null;
        }
        catch (OperationCanceledException)
        {
            return $"no answer within {source.Timeout}";
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ObjectDisposedException)
        {
            return e.Message;
        }
    }

    // Ignores saved rates of another source: their base may differ, or they may be the reason why it was replaced.
    Quotes Read(string source)
    {
        try
        {
            var saved = File.Exists(_path) ? JsonNode.Parse(File.ReadAllBytes(_path)) : null;
            if (saved is not JsonObject || (string?)saved["source"] != source || saved["rates"] is not { } kept || saved["at"] is not { } at)
            {
                return new(source, 0, []);
            }

            var rates = new Dictionary<string, double>(StringComparer.Ordinal);
            var isValid = ExchangeRatesJson.Read(Encoding.UTF8.GetBytes(kept.ToJsonString()), rates) is [];
            return isValid ? new(source, (long)at, rates) : new(source, 0, []);
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            // The next fetch replaces them.
            return new(source, 0, []);
        }
    }

    void Write(Quotes quotes)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("source"u8, quotes.Source);
            writer.WriteNumber("at"u8, quotes.At);
            writer.WriteStartObject("rates"u8);
            foreach (var (currency, worth) in quotes.Worth)
            {
                writer.WriteNumber(currency, worth);
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        try
        {
            DurableFile.Write(_path, json.GetBuffer().AsSpan(0, (int)json.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(e.Message);
        }
    }

    // Hashed: the address may contain an API key.
    static string KeyOf(ExchangeRatesSourceConfig source) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(source.Url)));

    static string HostOf(ExchangeRatesSourceConfig source) => new Uri(source.Url).Authority;

    [LoggerMessage(EventName = "exchange_rates_failed", Level = LogLevel.Warning,
        Message = "No exchange rates from {Host}; the last ones stay in force: {Problem}")]
    partial void LogFailed(string host, string problem);

    [LoggerMessage(EventName = "exchange_rates_not_kept", Level = LogLevel.Warning,
        Message = "The exchange rates cannot be saved for the next start: {Problem}")]
    partial void LogNotKept(string problem);
}
