namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>A job: work that runs on a schedule, or when somebody asks for it.</summary>
/// <param name="Name">The name: small letters, digits and -.</param>
/// <param name="Description">What it does, in a sentence.</param>
/// <param name="Schedule">When it runs, as <see cref="JobSchedule"/> reads it: a cron expression, or <c>off</c> for a job that is only run by hand.</param>
/// <param name="Timeout">How long a run may take.</param>
/// <param name="Run">The work. It must observe the token; what it throws is why the run failed.</param>
public sealed record JobDefinition(string Name, string Description, string Schedule, TimeSpan Timeout, Func<JobContext, CancellationToken, Task> Run)
{
    /// <summary>The name of the step of a job without steps.</summary>
    public const string OnlyStep = "run";

    /// <summary>Defines a job of several steps.</summary>
    /// <inheritdoc cref="JobDefinition(string, string, string, TimeSpan, Func{JobContext, CancellationToken, Task})"/>
    public JobDefinition(string name, string description, string schedule, TimeSpan timeout, IReadOnlyList<JobStep> steps)
        : this(name, description, schedule, timeout, (_, _) => Task.CompletedTask) => Steps = JobStep.InOrder(steps);

    /// <summary>The steps, each after those that it depends on.</summary>
    public IReadOnlyList<JobStep> Steps { get; } = [new(OnlyStep, Run)];

    /// <summary>
    /// Whether each engine that shares the control database runs it for itself, because it works on the engine's own data folder. Otherwise one of them runs it.
    /// </summary>
    public bool PerEngine { get; init; }

    /// <summary>Whether the engine cannot do without it, so that it can be neither paused nor switched off.</summary>
    public bool IsEssential { get; init; }

    /// <summary>What happens to a run whose time passed while no engine could run it.</summary>
    public MissedRun Missed { get; init; } = MissedRun.Run;

    /// <summary>How often a run that failed is repeated.</summary>
    public int Retries { get; init; } = 2;

    /// <summary>Delay before the first retry; each further one doubles it, up to <see cref="MaxRetryDelay"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Maximum delay before a retry.</summary>
    public static TimeSpan MaxRetryDelay { get; } = TimeSpan.FromMinutes(30);

    /// <summary>The settings that the definition itself has.</summary>
    public JobSettings Settings => new(Schedule, "UTC", Timeout, Missed, Retries, Paused: false);

    /// <summary>Returns the delay before the retry of an attempt.</summary>
    /// <param name="attempt">The attempt that failed, from 1.</param>
    public TimeSpan DelayAfter(int attempt) =>
        TimeSpan.FromTicks(Math.Min(MaxRetryDelay.Ticks, RetryDelay.Ticks << Math.Min(attempt - 1, 16)));
}
