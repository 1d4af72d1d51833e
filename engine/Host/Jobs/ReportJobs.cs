using System.Globalization;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Journeys;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api;
using CartRecovery.Host.Api.Interventions;

namespace CartRecovery.Host.Jobs;

/// <summary>The jobs that send the figures of the last day and week to the receivers in the section <c>reports</c>.</summary>
static class ReportJobs
{
    static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    public static JobDefinition Daily { get; } = new(
        "report-daily", "Sends yesterday's orders, revenue and messages of each store to the receivers in reports.", "0 6 * * *", s_timeout, (job, stop) => SendAsync(job, days: 1, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    public static JobDefinition Weekly { get; } = new(
        "report-weekly", "Sends the last seven days' orders, revenue and messages of each store to the receivers in reports.", "0 6 * * 1", s_timeout, (job, stop) => SendAsync(job, days: 7, stop))
    {
        PerEngine = true,
        Missed = MissedRun.Skip,
    };

    static async Task SendAsync(JobContext job, int days, CancellationToken stop)
    {
        if (job.Service<IEngineState>().Config.Reports is not { } config)
        {
            job.Log("no report sent: reports is not configured");
            return;
        }

        await job.Service<JourneyWorker>().CatchUpForReportAsync();
        var to = new DateTimeOffset(job.Time.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        var from = to.AddDays(-days);
        var (reports, rates) = (job.Service<JourneyReports>(), job.Service<IJourneyOptionsProvider>().JourneyOptions.Campaigns.Rates);
        var stores = job.Service<StoreDirectory>().Stores;
        var text = await Task.Run(() => string.Join("\n\n", stores.Select(store => StoreReport.Write(reports, store.Id, store.Currency, from, to, rates))), stop);
        var period = days == 1 ? from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{from:yyyy-MM-dd} to {to.AddDays(-1):yyyy-MM-dd}");
        var receivers = config.To.Count == 0 ? [null] : config.To.ToArray<string?>();
        var notices = job.Service<Notices>();
        var failed = receivers.Count(receiver => !notices.TrySend(config.Sink, receiver, $"CartRecovery: {(days == 1 ? "daily" : "weekly")} report, {period}", $"{text}\n"));
        job.Report(string.Create(CultureInfo.InvariantCulture, $$"""{"from":"{{from:yyyy-MM-dd}}","to":"{{to:yyyy-MM-dd}}","stores":{{stores.Count}},"sent":{{receivers.Length - failed}}}"""));
        if (failed > 0)
        {
            throw new IOException($"the sink {config.Sink} rejected {failed} of {receivers.Length} reports: its queue is full, or it is not configured");
        }
    }
}
