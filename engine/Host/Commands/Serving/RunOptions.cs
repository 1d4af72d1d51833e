using CommandLine;

namespace CartRecovery.Host.Commands.Serving;

[Verb("run", HelpText = "Run the engine until SIGTERM or Ctrl-C.")]
sealed class RunOptions : ConfigOptions
{
    [Option("dry-run", HelpText = "Say what a start would do to a data folder of an earlier version, and how long it would take. Changes nothing.")]
    public bool DryRun { get; set; }
}
