using CartRecovery.Engine.Telemetry;
using CartRecovery.Host.Composition.Telemetry;
using CartRecovery.Host.Monitoring;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>Monitoring.</content>
sealed partial class EngineHost
{
    /// <summary>The engine's metrics.</summary>
    public EngineMetrics Metrics { get; }

    /// <summary>The history of metrics.</summary>
    public MetricMonitor Monitor => field ??= new MetricMonitor(Config.Monitoring, _data.Path, Time, _loggers.CreateLogger<MetricMonitor>());

    /// <summary>Checks the shop's services, and samples the engine's parts.</summary>
    public HealthMonitor Health => field ??= new HealthMonitor(Config.Monitoring, _data.Path, Time, _loggers.CreateLogger<HealthMonitor>());

    void AttachMonitor()
    {
        Health.Declare(Metrics.Registry);
        MachineMetrics.Declare(Metrics.Registry, _data.Path);
        Monitor.Attach(Metrics.Registry);
    }
}
