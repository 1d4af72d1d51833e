using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("jobs", HelpText = "List the jobs that the engine runs on a schedule; run, pause, resume and cancel them, and show their runs.")]
sealed class JobsOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "list|run|pause|resume|history|cancel", HelpText = "list: print all with their next and last runs. run: run one now. pause: run it on request only. "
        + "resume: run it on its schedule again. history: print its runs. cancel: cancel its run.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "JOB", HelpText = "The job's name.")]
    public string? Job { get; set; }

    [Option("run", MetaValue = "ID", HelpText = "With history: one run, with its steps, its report and its log.")]
    public long? Run { get; set; }

    [Option("limit", MetaValue = "N", Default = 20, HelpText = "With history: at most N runs.")]
    public int Limit { get; set; }

    [Option("wait", HelpText = "With run: wait until it ends. The exit code is 0 if it succeeds.")]
    public bool Wait { get; set; }
}
