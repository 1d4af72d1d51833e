using CommandLine;

namespace CartRecovery.Host.Commands;

[Verb("run", HelpText = "Run the engine until SIGTERM or Ctrl-C.")]
sealed class RunOptions : ConfigOptions;
