namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Decides which ended runs operators are notified of. One thread.</summary>
sealed class JobFailures
{
    // At most one entry per job.
    readonly Dictionary<string, bool> _failed = new(StringComparer.Ordinal);

    /// <summary>Returns the notice of a run that has ended; none if there is nothing new.</summary>
    /// <param name="job">The job.</param>
    /// <param name="result">The run's result.</param>
    /// <param name="isRetried">Whether a retry follows; <see langword="null"/> if another engine has taken over.</param>
    /// <param name="wasFailed">Whether the job's last run of a former process failed.</param>
    public IEnumerable<JobNotice> Note(JobDefinition job, JobResult result, bool? isRetried, bool wasFailed)
    {
        wasFailed = _failed.GetValueOrDefault(job.Name, wasFailed);
        if (result.Outcome is JobOutcome.Failed or JobOutcome.TimedOut || (result.Outcome == JobOutcome.Interrupted && isRetried == false))
        {
            if (isRetried != true)
            {
                _failed[job.Name] = true;
            }

            return job.NotifiesOfChanges && wasFailed ? [] : [new JobNotice(job.Name, IsLate: false, isRetried != true, $"{result.Outcome}: {result.Problem}")];
        }

        if (result.Outcome != JobOutcome.Succeeded)
        {
            return [];
        }

        _failed[job.Name] = false;
        return job.NotifiesOfChanges && wasFailed ? [new JobNotice(job.Name, IsLate: false, IsFinal: true, "succeeded") { IsRecovered = true }] : [];
    }
}
