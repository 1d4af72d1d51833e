using CommandLine;

namespace CartRecovery.Host.Commands;

[Verb("check", HelpText = "Check a configuration and print every mistake with its line and column.")]
sealed class CheckOptions : ConfigOptions
{
    [Option("schema", HelpText = "Print the JSON Schema of the configuration instead.")]
    public bool Schema { get; set; }
}
