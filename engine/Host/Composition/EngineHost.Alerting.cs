using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Alerting;
using CartRecovery.Host.Api.Health;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Composition;

/// <content>Alerting.</content>
sealed partial class EngineHost
{
    /// <summary>Evaluates alert rules and sends notices.</summary>
    public AlertingService Alerting => field ??= OpenAlerting();

    void StartMonitoring()
    {
        _money.Start();
        Monitor.Start();
        Alerting.Start();
        Health.Start(_app.Services.GetRequiredService<HealthReport>());
    }

    AlertingService OpenAlerting()
    {
        // Without a history, rules find nothing.
        var none = new NoSeries();
        ISeriesSource source = Monitor.History is { } history ? history : none;
        var sink = source as ISeriesSink ?? none;
        return _data.Use(() => new AlertingService(Config, _data.Files, source, sink, Time, _log, _data.Secret()));
    }
}
