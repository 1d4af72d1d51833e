using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;

namespace CartRecovery.Engine.Monitoring.History;

/// <summary>
/// Keeps the samples of metrics: the latest two hours in memory, all in an SQLite file, in several resolutions. Any thread may append and
/// read; one caller at a time persists with <see cref="Flush"/>. A crash loses what was appended since the last flush.
/// </summary>
/// <remarks>Answers take each time from the finest level that still has it. See <see cref="Downsampling"/> for what coarser levels keep.</remarks>
public sealed partial class MetricHistory : ISeriesSource, ISeriesSink, IDisposable
{
    // A flush is due every few seconds: only a disk that fails lets this fill up.
    const int MaxUnlogged = 500_000;
    const int MaxHelp = 1024;
    const int MaxUnit = 64;

    // Samples may come late by this much before an unfinished window is written.
    const long Grace = 10 * 60 * 1000;

    readonly MetricHistoryOptions _options;
    readonly TimeProvider _time;
    readonly HistoryLevels _levels;
    readonly HistoryRows _writer;
    readonly HistoryRows _reader;
    readonly Lock _gate = new();
    readonly Lock _flushing = new();
    readonly Lock _reading = new();
    readonly Dictionary<SeriesLabels, HistorySeries> _series = [];
    readonly Dictionary<string, List<HistorySeries>> _byName = new(StringComparer.Ordinal);
    readonly Dictionary<string, MetricMetadata> _metadata = new(StringComparer.Ordinal);
    readonly long[] _results = new long[Enum.GetValues<AppendResult>().Length];
    List<HistorySample> _unlogged = [];
    List<MetricMetadata> _unsavedMetadata = [];
    long _lostUnlogged;
    long _damaged;
    long _usedBytes;
    int _lastId;
    bool _isClosed;
    volatile string? _problem;

    MetricHistory(string path, MetricHistoryOptions options, TimeProvider time)
    {
        (_options, _time, _levels) = (options, time, new HistoryLevels(options.Levels));
        _writer = new HistoryRows(path, isReader: false);
        try
        {
            _reader = new HistoryRows(path, isReader: true);
            Recover();
        }
        catch
        {
            _reader?.Dispose();
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>Figures for health and metrics.</summary>
    public HistoryStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                var refused = Enum.GetValues<AppendResult>().Where(result => result is not (AppendResult.Appended or AppendResult.Duplicate));
                return new HistoryStatistics
                {
                    Series = _series.Count,
                    Appended = _results[(int)AppendResult.Appended],
                    Refused = refused.ToDictionary(result => result, result => _results[(int)result]),
                    Bytes = Interlocked.Read(ref _usedBytes),
                    LevelBytes = [.. _levels.Bytes],
                    Damaged = Interlocked.Read(ref _damaged),
                    Unlogged = _lostUnlogged,
                    Problem = _problem,
                };
            }
        }
    }

    /// <summary>What is known about the metrics, by name.</summary>
    public IReadOnlyList<MetricMetadata> Metadata
    {
        get
        {
            lock (_gate)
            {
                return [.. _metadata.Values];
            }
        }
    }

    /// <summary>Opens a history. A file that is no database is put aside as <c>*.damaged</c>, and an empty one takes its place.</summary>
    /// <param name="path">The file; created if missing.</param>
    /// <param name="options">What to keep.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be opened, or a newer version has written it.</exception>
    /// <exception cref="ArgumentException">The levels are invalid.</exception>
    public static MetricHistory Open(string path, MetricHistoryOptions? options = null, TimeProvider? time = null)
    {
        options ??= new MetricHistoryOptions();
        time ??= TimeProvider.System;
        try
        {
            return new MetricHistory(path, options, time);
        }
        catch (IOException e) when (e.Message.EndsWith("(26)", StringComparison.Ordinal) || e.Message.EndsWith("(11)", StringComparison.Ordinal))
        {
            File.Move(path, path + ".damaged", overwrite: true);
            File.Delete(path + "-wal");
            File.Delete(path + "-shm");
            var history = new MetricHistory(path, options, time);
            history._problem = $"{e.Message}; the file is now {path}.damaged, and the history starts anew";
            return history;
        }
    }

    void ISeriesSink.Append(SeriesLabels labels, long time, double value) => Append(labels, time, value, SeriesOwner.Rule);

    /// <summary>Appends a sample. Queries see it at once.</summary>
    /// <param name="labels">The series, with <c>__name__</c>.</param>
    /// <param name="time">Milliseconds since the Unix epoch, later than the series' last sample.</param>
    /// <param name="value">The value, or <see cref="StaleMarker.Value"/>.</param>
    /// <param name="owner">Who produces the series.</param>
    public AppendResult Append(SeriesLabels labels, long time, double value, SeriesOwner owner = SeriesOwner.Other)
    {
        var now = Now;
        lock (_gate)
        {
            var result = Add(labels, time, value, owner, now);
            _results[(int)result]++;
            return result;
        }
    }

    /// <summary>Takes what is known about a metric; the last word counts. Ignored beyond one entry per allowed series.</summary>
    public void Describe(MetricMetadata metadata)
    {
        metadata = metadata with { Help = Cut(metadata.Help, MaxHelp), Unit = Cut(metadata.Unit, MaxUnit) };
        lock (_gate)
        {
            var isNew = !_metadata.TryGetValue(metadata.Name, out var former);
            if (former != metadata && (!isNew || _metadata.Count < _options.MaxSeries))
            {
                _metadata[metadata.Name] = metadata;
                _unsavedMetadata.Add(metadata);
            }
        }
    }

    static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    /// <summary>Finds the series that have samples in a range.</summary>
    /// <param name="matchers">The conditions; none match all.</param>
    /// <param name="from">The first time, in milliseconds since the Unix epoch.</param>
    /// <param name="to">The last time, inclusive.</param>
    public IReadOnlyList<SeriesLabels> Find(IReadOnlyList<LabelMatcher> matchers, long from, long to)
    {
        lock (_gate)
        {
            return [.. Matching(matchers).Where(series => series.FirstTime <= to && series.LastTime >= from).Select(series => series.Labels)];
        }
    }

    /// <summary>Reads the last sample of series, unless they have ended.</summary>
    /// <param name="matchers">The conditions; none match all.</param>
    /// <param name="from">The oldest time of interest.</param>
    public IReadOnlyList<(SeriesLabels Labels, SeriesSample Sample)> Latest(IReadOnlyList<LabelMatcher> matchers, long from)
    {
        lock (_gate)
        {
            return
            [
                .. Matching(matchers).Where(series => IsCurrent(series, from))
                    .Select(series => (series.Labels, new SeriesSample(series.LastTime, series.LastValue))),
            ];
        }
    }

    /// <summary>Reads the last sample of a series; <see langword="null"/> if there is none, or it has ended.</summary>
    /// <param name="labels">The series.</param>
    /// <param name="from">The oldest time of interest.</param>
    public SeriesSample? Latest(SeriesLabels labels, long from)
    {
        lock (_gate)
        {
            return _series.TryGetValue(labels, out var series) && IsCurrent(series, from) ? new SeriesSample(series.LastTime, series.LastValue) : null;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Series> Select(IReadOnlyList<LabelMatcher> matchers, long from, long to)
    {
        List<Snapshot> found = [];
        lock (_gate)
        {
            foreach (var series in Matching(matchers))
            {
                if (series.FirstTime <= to && series.LastTime >= from)
                {
                    found.Add(Snapshot.Of(series, from, to));
                }
            }
        }

        foreach (var snapshot in found)
        {
            if (Read(snapshot, from, to) is { Length: > 0 } samples)
            {
                yield return new Series(snapshot.Labels, samples);
            }
        }
    }

    /// <summary>Persists what is in memory and closes the file.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, true))
        {
            return;
        }

        try
        {
            Flush();
        }
        catch (IOException)
        {
            // The disk fails: what is lost is what a crash would lose.
        }

        lock (_flushing)
        {
            lock (_reading)
            {
                _reader.Dispose();
                _writer.Dispose();
            }
        }
    }

    /// <summary>Returns whether samples of a time are refused because it is too far ahead of the clock.</summary>
    public bool IsAhead(long time) => IsAhead(time, Now);

    bool IsAhead(long time, long now) => time > now + (long)_options.MaxAhead.TotalMilliseconds;

    static bool IsCurrent(HistorySeries series, long from) => series.LastTime >= from && series.LastTime != series.Sealed && !StaleMarker.Is(series.LastValue);

    long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    AppendResult Add(SeriesLabels labels, long time, double value, SeriesOwner owner, long now)
    {
        if (IsAhead(time, now))
        {
            return AppendResult.TooNew;
        }

        if (time <= 0 || time < now - _levels.Keep(0))
        {
            return AppendResult.TooOld;
        }

        if (!_series.TryGetValue(labels, out var series))
        {
            if (!HasPlace(owner, now))
            {
                return AppendResult.SeriesLimit;
            }

            if (!SeriesRules.IsValid(labels))
            {
                return AppendResult.InvalidLabels;
            }

            series = Register(new HistorySeries(++_lastId, labels, time));
        }

        if (time <= series.LastTime)
        {
            return time == series.LastTime && BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(series.LastValue)
                ? AppendResult.Duplicate : AppendResult.OutOfOrder;
        }

        AddToWindow(series, time, value);
        if (_unlogged.Count < MaxUnlogged)
        {
            _unlogged.Add(new HistorySample(series, time, value));
        }
        else
        {
            _lostUnlogged++;
        }

        return AppendResult.Appended;
    }

    HistorySeries Register(HistorySeries series)
    {
        _series.Add(series.Labels, series);
        if (!_byName.TryGetValue(series.Labels.MetricName, out var named))
        {
            _byName[series.Labels.MetricName] = named = [];
        }

        named.Add(series);
        return series;
    }

    void AddToWindow(HistorySeries series, long time, double value)
    {
        var window = _levels.Window(0, time);
        if (series.Open is { } open && open.Index != window)
        {
            series.Closed.Add(open);
            series.Open = null;
        }

        (series.Open ??= new HistoryWindow(window)).Add(new SeriesSample(time, value));
        (series.LastTime, series.LastValue) = (time, value);
    }

    IEnumerable<HistorySeries> Matching(IReadOnlyList<LabelMatcher> matchers)
    {
        var name = matchers.FirstOrDefault(matcher => matcher is { Name: SeriesLabels.Name, Match: LabelMatch.Equal })?.Value;
        var candidates = name is null ? _series.Values : (IEnumerable<HistorySeries>)_byName.GetValueOrDefault(name, []);
        foreach (var series in candidates)
        {
            if (MatchesAll(matchers, series.Labels))
            {
                yield return series;
            }
        }
    }

    static bool MatchesAll(IReadOnlyList<LabelMatcher> matchers, SeriesLabels labels)
    {
        for (var i = 0; i < matchers.Count; i++)
        {
            if (!matchers[i].IsMatch(labels))
            {
                return false;
            }
        }

        return true;
    }
}
