using System.Text;
using Prometheus;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// The metrics of one engine. Counters and gauges are declared with the function that reads them: the parts of the engine count in plain
/// numbers, which are read when somebody scrapes, so that counting costs the hot path no more than an addition a batch.
/// Scrapes may come from any thread.
/// </summary>
public sealed class MetricRegistry : IDisposable
{
    /// <summary>The value of the response's <c>Content-Type</c>.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    readonly IMetricFactory _factory;
    readonly Counter _failures;
    readonly List<Action> _reads = [];

    /// <summary>Makes a registry that holds the process's own metrics.</summary>
    public MetricRegistry()
    {
        Metrics.SuppressDefaultMetrics();
        var factory = Metrics.WithCustomRegistry(_registry);
        factory.ExemplarBehavior = ExemplarBehavior.NoExemplars();
        _factory = factory;
        _failures = factory.CreateCounter("cartrecovery_metrics_failures_total", "Instruments that could not be read in a scrape.");
        _registry.AddBeforeCollectCallback(ReadAll);
        ProcessMetrics.Declare(this);
    }

    /// <summary>Bucket bounds in seconds, for what takes between 0.1 ms and 10 s.</summary>
    public static IReadOnlyList<double> DefaultBounds { get; } =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Declares a counter without labels.</summary>
    public void Counter(string name, string help, Func<double> read) => Counter(name, help, [], () => [new(read())]);

    /// <summary>Declares a counter.</summary>
    /// <param name="name">The whole name, with its prefix and <c>_total</c>.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">Names of the labels.</param>
    /// <param name="read">Reads all series at each scrape. A series keeps its last value when it is no longer returned.</param>
    public void Counter(string name, string help, string[] labels, Func<IEnumerable<Sample>> read)
    {
        var counter = _factory.CreateCounter(name, help, labels);
        BeforeScrape(() =>
        {
            foreach (var sample in read())
            {
                counter.WithLabels(sample.Labels).IncTo(sample.Value);
            }
        });
    }

    /// <summary>Declares a gauge without labels.</summary>
    public void Gauge(string name, string help, Func<double> read) => Gauge(name, help, [], () => [new(read())]);

    /// <summary>Declares a gauge.</summary>
    /// <param name="name">The whole name, with its prefix.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="labels">Names of the labels.</param>
    /// <param name="read">Reads all series at each scrape. A series keeps its last value when it is no longer returned.</param>
    public void Gauge(string name, string help, string[] labels, Func<IEnumerable<Sample>> read)
    {
        var gauge = _factory.CreateGauge(name, help, labels);
        BeforeScrape(() =>
        {
            foreach (var sample in read())
            {
                gauge.WithLabels(sample.Labels).Set(sample.Value);
            }
        });
    }

    /// <summary>Declares a histogram of seconds; whoever measures observes it directly.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="help">One sentence.</param>
    /// <param name="bounds">Upper bounds of the buckets in seconds, ascending; else <see cref="DefaultBounds"/>.</param>
    /// <param name="labels">Names of the labels.</param>
    public Histogram Histogram(string name, string help, IReadOnlyList<double>? bounds = null, params string[] labels) =>
        _factory.CreateHistogram(name, help, new HistogramConfiguration { Buckets = [.. bounds ?? DefaultBounds], LabelNames = labels });

    /// <summary>Writes everything as it is now, as Prometheus' text format 0.0.4. A metric that cannot be read keeps its last value and is
    /// counted in <c>cartrecovery_metrics_failures_total</c>.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellationToken = default) =>
        _registry.CollectAndExportAsTextAsync(output, cancellationToken);

    /// <summary>Reads everything as it is now.</summary>
    public async Task<MetricSnapshot> ReadAsync()
    {
        using var text = new MemoryStream();
        await WriteAsync(text);
        return MetricSnapshot.Parse(Encoding.UTF8.GetString(text.GetBuffer().AsSpan(0, (int)text.Length)));
    }

    /// <summary>Reads nothing more: prometheus-net keeps registries for the life of the process, and they must not keep the engine.</summary>
    public void Dispose()
    {
        lock (_reads)
        {
            _reads.Clear();
        }
    }

    void BeforeScrape(Action read)
    {
        lock (_reads)
        {
            _reads.Add(read);
        }
    }

    void ReadAll()
    {
        lock (_reads)
        {
            foreach (var read in _reads)
            {
                try
                {
                    read();
                }
#pragma warning disable CA1031 // One broken metric must not hide the others.
                catch (Exception)
#pragma warning restore CA1031
                {
                    _failures.Inc();
                }
            }
        }
    }
}

/// <summary>The value of one series.</summary>
/// <param name="Value">Now.</param>
/// <param name="Labels">The labels' values, in the order of their names.</param>
public readonly record struct Sample(double Value, params string[] Labels);
