using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
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

    JobScheduler MakeJobs() => new(Control, BuiltInJobs.All, Control.IsShared ? EngineId.Of(_data.Path) : "")
    {
        Configured = name => Config.Jobs.GetValueOrDefault(name)?.ToOverrides(),
        OnNotice = OnJobNotice,
    };

    void OnJobNotice(JobNotice notice)
    {
        if (notice.IsLate)
        {
            LogJobLate(notice.Job, notice.Problem);
        }
        else
        {
            LogJobFailed(notice.Job, notice.Problem, notice.IsFinal ? "no retry follows" : "a retry follows");
        }

        if (notice.IsLate || notice.IsFinal)
        {
            _app.Services.GetRequiredService<Notices>().TrySend(
                $"CartRecovery: the job {notice.Job} {(notice.IsLate ? "is late" : "failed")}",
                $"The job {notice.Job} {(notice.IsLate ? "has not started in time" : "failed, and is not retried before its next scheduled time")}: {notice.Problem}\n\n"
                + $"cartrecovery jobs history {notice.Job} shows its runs.");
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

    [LoggerMessage(EventName = "jobs_not_changed", Level = LogLevel.Warning,
        Message = "The control database does not answer, so the reloaded settings of jobs apply after their next change or the next start: {Problem}")]
    partial void LogJobsNotChanged(string problem);
}
