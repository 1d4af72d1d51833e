using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Insights;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Insights;
using CartRecovery.Host.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>Jobs.</content>
sealed partial class EngineHost
{
    /// <summary>The scheduler of jobs.</summary>
    public JobScheduler Jobs { get; }

    /// <summary>Logs the head of the audit log.</summary>
    public AuditWitness Witness { get; }

    /// <summary>Checks what the shops send.</summary>
    public DataQuality DataQuality => field ??= new DataQuality(this, Insights, _log);

    /// <summary>Measures features.</summary>
    public FeatureProfiles FeatureProfiles => field ??= new FeatureProfiles(this, Insights);

    /// <summary>What jobs found in the stores' data.</summary>
    public InsightStore Insights => field ??= new InsightStore(Control, Jobs.Control.Engine);

    JobScheduler MakeJobs() => new(Control, BuiltInJobs.All, Control.IsShared ? EngineId.Of(_data.Path) : "")
    {
        Configured = name => Config.Jobs.GetValueOrDefault(name)?.ToOverrides(),
        OnNotice = OnJobNotice,
        OnReplaced = LogJobReplaced,
    };

    void OnJobNotice(JobNotice notice)
    {
        if (notice.IsRecovered)
        {
            LogJobRecovered(notice.Job);
        }
        else if (notice.IsOverdue)
        {
            LogJobOverdue(notice.Job, notice.Problem);
        }
        else if (notice.IsLate)
        {
            LogJobLate(notice.Job, notice.Problem);
        }
        else
        {
            LogJobFailed(notice.Job, notice.Problem, notice.IsFinal ? "no retry follows" : "a retry follows");
        }

        if (notice.IsLate || notice.IsFinal || notice.IsOverdue)
        {
            var (subject, text) = notice.IsRecovered ? ("succeeds again", "succeeds again")
                : notice.IsOverdue ? ("does not end", $"was asked to end, and is still running: {notice.Problem}")
                : notice.IsLate ? ("is late", $"has not started in time: {notice.Problem}")
                : ("failed", $"failed, and is not retried before its next scheduled time: {notice.Problem}");
            _app.Services.GetRequiredService<Notices>().TrySend(
                $"CartRecovery: the job {notice.Job} {subject}", $"The job {notice.Job} {text}\n\ncartrecovery jobs history {notice.Job} shows its runs.");
        }
    }

    // Without the control database, upkeep asks for the job later.
    async Task ResumeBacktestsAsync()
    {
        try
        {
            await Backtests.Store.ResumeAsync();
        }
        catch (ControlDatabaseException e)
        {
            LogBacktestsNotResumed(e.Message);
        }
    }

    // A failure of the control database must not fail a reload; health reports the database.
    async Task SyncJobsAsync()
    {
        try
        {
            await Jobs.SyncAsync();
        }
        catch (ControlDatabaseException e)
        {
            LogJobsNotChanged(e.Message);
        }
    }

    [LoggerMessage(EventName = "job_failed", Level = LogLevel.Warning, Message = "The job {Job} failed: {Problem}; {Next}")]
    partial void LogJobFailed(string job, string problem, string next);

    [LoggerMessage(EventName = "job_late", Level = LogLevel.Warning, Message = "The job {Job} is late: {Problem}")]
    partial void LogJobLate(string job, string problem);

    [LoggerMessage(EventName = "job_overdue", Level = LogLevel.Warning,
        Message = "The job {Job} was asked to end, and goes on: {Problem}; until it ends it keeps a place, and no engine runs it. A restart ends it")]
    partial void LogJobOverdue(string job, string problem);

    [LoggerMessage(EventName = "job_recovered", Level = LogLevel.Information, Message = "The job {Job} succeeds again")]
    partial void LogJobRecovered(string job);

    [LoggerMessage(EventName = "backtests_not_resumed", Level = LogLevel.Warning,
        Message = "The control database does not answer, so the waiting backtests begin after the next upkeep, or after the next request for one: {Problem}")]
    partial void LogBacktestsNotResumed(string problem);

    [LoggerMessage(EventName = "job_settings_replaced", Level = LogLevel.Warning,
        Message = "The settings of the job {Job} are those of this engine's configuration now; the engine {Engine}, which shares the control database, has others: give all the same section jobs")]
    partial void LogJobReplaced(string job, string engine);

    [LoggerMessage(EventName = "jobs_not_changed", Level = LogLevel.Warning,
        Message = "The control database does not answer, so the reloaded settings of jobs apply after their next change or the next start: {Problem}")]
    partial void LogJobsNotChanged(string problem);
}
