using System.Globalization;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Host.Api.Jobs;
using CartRecovery.Host.Jobs;
using CartRecovery.Host.Output;
using CartRecovery.Primitives;

namespace CartRecovery.Host.Commands.Control;

/// <summary>Implements <c>jobs</c>: manages jobs beside a running engine, which executes them.</summary>
static class JobsCommand
{
    static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(300);

    // An engine starts a run within two seconds.
    static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(30);

    public static Task<int> RunAsync(JobsOptions options)
    {
        var problem = options.Action is not ("list" or "run" or "pause" or "resume" or "history" or "cancel")
            ? $"unknown action '{options.Action}'; expected list, run, pause, resume, history or cancel"
            : options.Action != "list" && options.Job is null ? $"jobs {options.Action}: expected a job; see: cartrecovery jobs list"
            : options.Limit is < 1 or > 300 ? $"--limit: expected 1 to 300, got {options.Limit}" : null;
        if (problem is not null)
        {
            Console.Error.WriteLine($"error: {problem}");
            return Task.FromResult(ExitCode.BadUsage);
        }

        return ControlAccess.UseAsync(options.Config, (control, config) => RunAsync(options, control, config));
    }

    static async Task<int> RunAsync(JobsOptions options, ControlDatabase control, CartRecoveryConfig config)
    {
        var jobs = new JobControl(control, control.IsShared ? EngineId.Find(Path.GetFullPath(config.Data)) ?? "" : "");
        var all = await jobs.ListAsync();
        if (options.Action == "list")
        {
            List(all, control.Time.GetUtcNow());
            return ExitCode.Success;
        }

        if (all.FirstOrDefault(known => known.Name == options.Job) is not { } job)
        {
            Console.Error.WriteLine(all.Count == 0 ? "error: an engine must start with this data folder first"
                : $"error: there is no job '{options.Job}'{Suggestion.Hint(options.Job!, [.. all.Select(known => known.Name)])}");
            return ExitCode.Failed;
        }

        try
        {
            switch (options.Action)
            {
                case "history":
                    return await HistoryAsync(options, jobs, job);
                case "run":
                    return await StartAsync(options, jobs, job);
                case "cancel":
                    Console.WriteLine($"cancelled {await jobs.CancelAsync(job, AuditEvent.Command, address: null)}");
                    return ExitCode.Success;
                default:
                    await jobs.ChangeAsync(job, $"job.{options.Action}", own => own with { Paused = options.Action == "pause" }, AuditEvent.Command, address: null);
                    Console.WriteLine($"{options.Action}: {job.Name}");
                    return ExitCode.Success;
            }
        }
        catch (ControlRefusalException e)
        {
            Console.Error.WriteLine($"error: {e.Code}: {e.Message}");
            return ExitCode.Failed;
        }
    }

    static void List(IReadOnlyList<JobState> jobs, DateTimeOffset now)
    {
        string[][] rows =
        [
            ["JOB", "STATE", "SCHEDULE", "NEXT", "LAST", "WHAT IT DOES"],
            .. jobs.Select(job => new[]
            {
                job.Name, job.Settings.Paused ? "paused" : JobItem.StateOf(job, isLate: false), job.Settings.Schedule + (job.Settings.Zone == "UTC" ? "" : $" {job.Settings.Zone}"),
                job.NextAt is { } next ? $"in {TerminalText.AgeOf((long)(next - now).TotalMilliseconds)}" : "by hand",
                job.Last is { } last ? $"{last.Outcome} {TerminalText.AgeOf((long)(now - last.EndedAt).TotalMilliseconds)} ago" : "never", TerminalText.Cut(job.Description, 80),
            }),
        ];
        Terminal.WriteTable(rows);
    }

    static async Task<int> StartAsync(JobsOptions options, JobControl jobs, JobState job)
    {
        var id = await jobs.StartAsync(job, AuditEvent.Command, address: null);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {id} of {job.Name} starts when an engine is running; see: cartrecovery jobs history {job.Name} --run {id}"));
        if (!options.Wait)
        {
            return ExitCode.Success;
        }

        var waited = TimeProvider.System.GetTimestamp();
        while (await jobs.RunAsync(job.Name, id) is { } run)
        {
            if (run.Outcome == JobOutcome.Waiting && TimeProvider.System.GetElapsedTime(waited) > s_startTimeout)
            {
                Console.Error.WriteLine("error: no engine has started the run; start an engine with: cartrecovery run");
                return ExitCode.Failed;
            }

            if (run.Outcome is not (JobOutcome.Waiting or JobOutcome.Running))
            {
                Show(run);
                return run.Outcome == JobOutcome.Succeeded ? ExitCode.Success : ExitCode.Failed;
            }

            await Task.Delay(s_poll);
        }

        return ExitCode.Failed;
    }

    static async Task<int> HistoryAsync(JobsOptions options, JobControl jobs, JobState job)
    {
        if (options.Run is { } id)
        {
            if (await jobs.RunAsync(job.Name, id) is not { } run)
            {
                Console.Error.WriteLine($"error: {job.Name} has no run {id}");
                return ExitCode.Failed;
            }

            Show(run);
            return ExitCode.Success;
        }

        string[][] rows =
        [
            ["RUN", "DUE", "OUTCOME", "TOOK", "WHY", "PROBLEM"],
            .. (await jobs.RunsAsync(job, long.MaxValue, options.Limit)).Select(run => new[]
            {
                run.Id.ToString(CultureInfo.InvariantCulture), TimeText.Of(run.DueAt.ToUnixTimeMilliseconds()), run.Outcome, Took(run),
                run.Actor is { } actor ? $"{run.Cause} by {TerminalText.Cut(actor, 40)}" : run.Attempt > 1 ? $"{run.Cause} {run.Attempt - 1}" : run.Cause,
                TerminalText.Cut(run.Problem ?? run.Progress ?? "", 80),
            }),
        ];
        Terminal.WriteTable(rows, 0);
        return ExitCode.Success;
    }

    static void Show(JobRun run)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run       {run.Id} of {run.Job}, attempt {run.Attempt} ({run.Cause})"));
        Console.WriteLine($"outcome   {run.Outcome}{(run.Problem is { } problem ? $": {TerminalText.Clean(problem)}" : "")}");
        Console.WriteLine($"due       {TimeText.Of(run.DueAt.ToUnixTimeMilliseconds())}, took {Took(run)}{(run.Progress is { } progress ? $", {progress}" : "")}");
        foreach (var step in run.Steps)
        {
            Console.WriteLine($"step      {step.Name}: {step.Outcome}{(step.Problem is { } why ? $": {TerminalText.Clean(why)}" : "")}");
        }

        if (run.Report is { } report)
        {
            Console.WriteLine($"report    {TerminalText.Clean(report)}");
        }

        if (run.Log.Length > 0)
        {
            Console.WriteLine();
            Console.WriteLine(TerminalText.Clean(run.Log));
        }
    }

    static string Took(JobRun run) => (run.EndedAt - run.StartedAt) is { } took ? string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:F1}s") : "";
}
