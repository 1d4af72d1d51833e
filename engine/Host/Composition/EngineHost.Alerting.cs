using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Host.Alerting;

namespace CartRecovery.Host.Composition;

/// <content>Alerting.</content>
sealed partial class EngineHost
{
    /// <summary>Evaluates alert rules and sends notices.</summary>
    public AlertingService Alerting => field ??= OpenAlerting();

    void StartMonitoring()
    {
        _money.Start();
        Alerting.Start();
    }

    AlertingService OpenAlerting()
    {
        var series = new NoSeries();
        return _data.Use(() => new AlertingService(Config, _data.Files, series, series, Time, _log, _data.Secret()));
    }
}
