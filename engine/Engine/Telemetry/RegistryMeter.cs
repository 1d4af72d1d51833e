using System.Diagnostics.Metrics;

namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Exposes a registry to OpenTelemetry as observable instruments of the same names. A histogram is exposed as Prometheus stores it: as
/// counters <c>_bucket</c> (with label <c>le</c>), <c>_sum</c> and <c>_count</c>. Reads the registry once per collection.
/// </summary>
sealed class RegistryMeter : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "CartRecovery";

    // A collection reads all instruments within this time.
    static readonly TimeSpan s_collection = TimeSpan.FromMilliseconds(500);

    readonly MetricRegistry _registry;
    readonly TimeProvider _time;
    readonly Meter _meter = new(Name);
    MetricSnapshot _snapshot;
    long _readAt;

    public RegistryMeter(MetricRegistry registry, TimeProvider time)
    {
        _registry = registry;
        _time = time;
        _snapshot = Read();
        foreach (var family in _snapshot.Families.Values)
        {
            switch (family.Type)
            {
                case "histogram":
                    Counter(family, family.Name + "_bucket");
                    Counter(family, family.Name + "_sum");
                    Counter(family, family.Name + "_count");
                    break;
                case "counter":
                    Counter(family, family.Name);
                    break;
                default:
                    _meter.CreateObservableGauge(family.Name, () => Observe(family.Name, family.Name), unit: null, family.Help);
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    void Counter(MetricFamily family, string name) =>
        _meter.CreateObservableCounter(name, () => Observe(family.Name, name), unit: null, family.Help);

    IEnumerable<Measurement<double>> Observe(string family, string name)
    {
        if (_time.GetElapsedTime(_readAt) > s_collection)
        {
            _snapshot = Read();
        }

        return _snapshot.Families[family].Samples.Where(s => s.Name == name).Select(s => new Measurement<double>(s.Value, s.Labels));
    }

    MetricSnapshot Read()
    {
        var snapshot = _registry.ReadAsync().GetAwaiter().GetResult();
        _readAt = _time.GetTimestamp();
        return snapshot;
    }
}
