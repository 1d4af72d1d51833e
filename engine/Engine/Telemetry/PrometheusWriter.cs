using System.Buffers;
using System.Diagnostics.Metrics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Writes the observable instruments of one meter, registered latency histograms and the process's own metrics as Prometheus text.
/// The instruments' callbacks are asked only when somebody scrapes, so counting costs the engine what its plain counters cost.
/// Measurements with the same name and tags (one from each partition, say) are added up. Scrapes may come from any thread.
/// </summary>
public sealed class PrometheusWriter : IDisposable
{
    /// <summary>The value of the response's <c>Content-Type</c>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>What every metric of the engine begins with. A name without it is given it.</summary>
    public const string Prefix = "cartrecovery_";

    readonly Lock _scrape = new();
    readonly MeterListener _listener = new();
    readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, Histogram> _histograms = new(StringComparer.Ordinal);
    long _failures;

    /// <summary>A writer of this meter's instruments, of those that exist and of those still to be created.</summary>
    /// <param name="meter">The engine's. Its instruments must be observable.</param>
    public PrometheusWriter(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter))
                return;
            if (!instrument.IsObservable)
                throw new NotSupportedException($"{instrument.Name} must be an observable instrument: counting is to cost nothing here.");
            listener.EnableMeasurementEvents(instrument, FamilyOf(instrument));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => Add(family, value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, family) => Add(family, value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => Add(family, value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, family) => Add(family, value, tags));
        _listener.Start();
    }

    /// <summary>Bucket bounds in seconds, for what takes between 0.1 ms and 10 s.</summary>
    public static IReadOnlyList<double> DefaultBounds { get; } =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Adds a histogram of seconds, or another series of one.</summary>
    /// <param name="name">The whole name: <c>cartrecovery_event_latency_seconds</c>.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="parts">One for each thread that records; merged when somebody scrapes.</param>
    /// <param name="bounds">Upper bounds of the buckets in seconds, ascending, without infinity; else <see cref="DefaultBounds"/>.</param>
    /// <param name="label">Tells this series from others of the same name.</param>
    /// <exception cref="ArgumentException">There is a histogram of that name and label.</exception>
    public void AddHistogram(string name, string help, IReadOnlyList<LatencyHistogram> parts, IReadOnlyList<double>? bounds = null,
        (string Name, string Value)? label = null)
    {
        lock (_scrape)
        {
            if (!_histograms.TryGetValue(name, out var histogram))
                _histograms.Add(name, histogram = new Histogram(help, [.. (bounds ?? DefaultBounds).Select(bound => new Bucket(bound))]));
            histogram.Series.Add(label is { } l ? PrometheusText.Label(l.Name, l.Value) : "", parts);
        }
    }

    /// <summary>
    /// Writes everything as it is now. An instrument whose callback fails is left out, and counted in
    /// <c>cartrecovery_metrics_failures_total</c>.
    /// </summary>
    /// <param name="output">Receives UTF-8; it is not flushed.</param>
    public void Write(IBufferWriter<byte> output)
    {
        lock (_scrape)
        {
            foreach (var family in _families.Values)
                family.Samples.Clear();
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException failed)
            {
                _failures += failed.InnerExceptions.Count;
            }

            var text = new PrometheusText(output);
            foreach (var (name, family) in _families)
                family.Write(text, name);
            foreach (var (name, histogram) in _histograms)
                histogram.Write(text, name);
            text.Single($"{Prefix}metrics_failures_total", "Instruments that could not be read in a scrape.", "counter", _failures);
            ProcessMetrics.Write(text);
        }
    }

    /// <summary>Lets go of the meter.</summary>
    public void Dispose() => _listener.Dispose();

    Family FamilyOf(Instrument instrument)
    {
        // Of ObservableCounter<T>, ObservableGauge<T> and ObservableUpDownCounter<T>, the first alone only ever grows.
        var counter = instrument is ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double> or ObservableCounter<float>;
        var name = instrument.Name.Replace('.', '_').Replace('-', '_');
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            name = Prefix + name;
        if (counter && !name.EndsWith("_total", StringComparison.Ordinal))
            name += "_total";

        lock (_scrape)
        {
            if (!_families.TryGetValue(name, out var family))
                _families.Add(name, family = new Family(counter ? "counter" : "gauge"));
            family.Help ??= instrument.Description;
            return family;
        }
    }

    static void Add(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var samples = ((Family)family!).Samples;
        var labels = LabelsOf(tags);
        samples[labels] = samples.GetValueOrDefault(labels) + value;
    }

    static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
            return "";

        var labels = new string[tags.Length];
        for (var i = 0; i < tags.Length; i++)
            labels[i] = PrometheusText.Label(tags[i].Key, tags[i].Value?.ToString());
        Array.Sort(labels, StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    /// <summary>All series of one name.</summary>
    sealed class Family(string type)
    {
        public string? Help { get; set; }

        /// <summary>Value by labels, of the scrape at hand.</summary>
        public SortedDictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

        public void Write(PrometheusText text, string name)
        {
            if (Samples.Count == 0)
                return;
            text.Header(name, Help, type);
            foreach (var (labels, value) in Samples)
                text.Sample(name, labels, value);
        }
    }

    sealed class Histogram(string help, Bucket[] buckets)
    {
        readonly LatencyHistogram _merged = new();

        /// <summary>What is merged when somebody scrapes, by label; the label is empty where there is one series.</summary>
        public SortedDictionary<string, IReadOnlyList<LatencyHistogram>> Series { get; } = new(StringComparer.Ordinal);

        public void Write(PrometheusText text, string name)
        {
            text.Header(name, help, "histogram");
            foreach (var (label, parts) in Series)
            {
                _merged.Clear();
                foreach (var part in parts)
                    _merged.Merge(part);

                var first = label.Length > 0 ? label + "," : "";
                foreach (var bucket in buckets)
                    text.Sample($"{name}_bucket", first + bucket.Label, _merged.CountAtOrBelow(bucket.Nanoseconds));
                text.Sample($"{name}_bucket", first + PrometheusText.Label("le", "+Inf"), _merged.Count);
                text.Sample($"{name}_sum", label, _merged.Sum / 1e9);
                text.Sample($"{name}_count", label, _merged.Count);
            }
        }
    }

    sealed class Bucket(double bound)
    {
        public string Label { get; } = PrometheusText.Label("le", bound.ToString("R"));

        public long Nanoseconds { get; } = (long)Math.Round(bound * 1e9);
    }
}
