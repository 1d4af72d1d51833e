using System.Globalization;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Host.Api;
using CartRecovery.Host.Monitoring;

namespace CartRecovery.Host.Jobs;

/// <summary>The jobs that send the uptime and response times of the shop's services to the receivers in the section <c>reports</c>.</summary>
static class SlaReportJobs
{
    static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    public static JobDefinition Daily { get; } = new(
        "sla-daily", "Sends yesterday's uptime and response times of monitoring.services to the receivers in reports.", "15 6 * * *", s_timeout, (job, stop) => SendAsync(job, isMonth: false, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    public static JobDefinition Monthly { get; } = new(
        "sla-monthly", "Sends the last month's uptime and response times of monitoring.services to the receivers in reports.", "15 6 1 * *", s_timeout, (job, stop) => SendAsync(job, isMonth: true, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    static async Task SendAsync(JobContext job, bool isMonth, CancellationToken stop)
    {
        var (services, metrics) = (job.Service<HealthMonitor>().Services.Services, job.Service<MetricMonitor>());
        if (job.Service<IEngineState>().Config.Reports is not { } config || services.Count == 0 || metrics.Engine is not { } engine)
        {
            job.Log("no report sent: reports or monitoring.services is not configured, or monitoring.enabled is false");
            return;
        }

        var today = new DateTimeOffset(job.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var to = isMonth ? today.AddDays(1 - today.Day) : today;
        var from = isMonth ? to.AddMonths(-1) : to.AddDays(-1);
        var text = await WriteAsync();
        var period = from.ToString(isMonth ? "yyyy-MM" : "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var receivers = config.To.Count == 0 ? [null] : config.To.ToArray<string?>();
        var notices = job.Service<Notices>();
        var failed = receivers.Count(receiver => !notices.TrySend(config.Sink, receiver, $"CartRecovery: {(isMonth ? "monthly" : "daily")} uptime report, {period}", $"{text}\n"));
        job.Report(string.Create(CultureInfo.InvariantCulture, $$"""{"from":"{{from:yyyy-MM-dd}}","to":"{{to:yyyy-MM-dd}}","services":{{services.Count}},"sent":{{receivers.Length - failed}}}"""));
        if (failed > 0)
        {
            throw new IOException($"the sink {config.Sink} rejected {failed} of {receivers.Length} reports: its queue is full, or it is not configured");
        }

        async Task<string> WriteAsync()
        {
            try
            {
                var levels = new ServiceLevels(engine, services);
                var (begin, end) = (from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
                var (figures, parts) = await metrics.RunAsync(cancelled => (levels.Compute(begin, end, cancelled), levels.ComputeParts(begin, end, cancelled)), timeout: null, stop);
                return ServiceReport.Write(services, figures, parts, from, to);
            }
            catch (PromQlException e)
            {
                throw new IOException($"the history of metrics cannot answer: {e.Message}", e);
            }
        }
    }
}
