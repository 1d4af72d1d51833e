using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Host.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Host.Composition;

/// <content>Jobs.</content>
sealed partial class EngineHost
{
    /// <summary>Runs jobs.</summary>
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
                $"The job {notice.Job} {(notice.IsLate ? "has not begun in time" : "failed, and is not repeated before its next time")}: {notice.Problem}\n\n"
                + $"cartrecovery jobs history {notice.Job} shows its runs.");
        }
    }

    // A reload must not fail for the control database: what follows it shows that it does not answer.
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
        Message = "The reloaded settings of jobs are taken over when one of them changes or at the next start, because the control database does not answer: {Problem}")]
    partial void LogJobsNotChanged(string problem);
}
