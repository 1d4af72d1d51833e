namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A job: work that runs on a schedule or on request.</summary>
/// <param name="Name">The name: lower-case letters, digits and -.</param>
/// <param name="Description">The job's purpose, in a sentence.</param>
/// <param name="Schedule">The schedule, as in <see cref="JobSchedule"/>: a cron expression, or <c>off</c> to run on request only.</param>
/// <param name="Timeout">Maximum duration of a run.</param>
/// <param name="Run">The work. It must observe the token. Any exception fails the run, and becomes its problem.</param>
public sealed record JobDefinition(string Name, string Description, string Schedule, TimeSpan Timeout, Func<JobContext, CancellationToken, Task> Run)
{
    /// <summary>The name of the single step of a job without steps.</summary>
    public const string OnlyStep = "run";

    /// <summary>Creates a job of several steps.</summary>
    /// <inheritdoc cref="JobDefinition(string, string, string, TimeSpan, Func{JobContext, CancellationToken, Task})"/>
    public JobDefinition(string name, string description, string schedule, TimeSpan timeout, IReadOnlyList<JobStep> steps)
        : this(name, description, schedule, timeout, (_, _) => Task.CompletedTask) => Steps = JobStep.InOrder(steps);

    /// <summary>The steps, each after its dependencies.</summary>
    public IReadOnlyList<JobStep> Steps { get; } = [new(OnlyStep, Run)];

    /// <summary>
    /// Whether each engine that shares the control database runs the job itself, because it works on the data folder. Otherwise one of the
    /// engines runs it.
    /// </summary>
    public bool PerEngine { get; init; }

    /// <summary>Whether the engine needs the job: it can then be neither paused nor switched off.</summary>
    public bool IsEssential { get; init; }

    /// <summary>How often it runs at least, whatever its schedule; <see langword="null"/> for as the schedule says.</summary>
    public TimeSpan? AtLeastEvery { get; init; }

    /// <summary>Returns when it runs next; <see langword="null"/> if by hand alone.</summary>
    /// <param name="settings">The settings in force.</param>
    /// <param name="time">The time after which.</param>
    public DateTimeOffset? NextAfter(JobSettings settings, DateTimeOffset time) =>
        settings.NextAfter(time) is { } next ? AtLeastEvery is { } every && next > time + every ? time + every : next : null;

    /// <summary>Whether notices are for changes alone: the first failure, and the first success after it. For jobs that run often.</summary>
    public bool NotifiesOfChanges { get; init; }

    /// <summary>What happens to a run that no engine could start in time.</summary>
    public MissedRun Missed { get; init; } = MissedRun.Run;

    /// <summary>Maximum number of retries of a failed run.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Delay before the first retry; each further one doubles it, up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Maximum delay before a retry.</summary>
    public static TimeSpan MaxRetryDelay { get; } = TimeSpan.FromMinutes(30);

    /// <summary>The default settings.</summary>
    public JobSettings Settings => new(Schedule, "UTC", Timeout, Missed, Retries, Paused: false);

    /// <summary>Returns the delay before the next attempt.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    public TimeSpan DelayAfter(int attempt) =>
        TimeSpan.FromTicks(Math.Min(MaxRetryDelay.Ticks, RetryDelay.Ticks << Math.Min(attempt - 1, 16)));
}
