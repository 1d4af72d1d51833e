using CommandLine;

namespace CartRecovery.Host.Commands;

[Verb("version", HelpText = "Print the version, the commit and the runtime.")]
sealed class VersionOptions;
