using CommandLine;

namespace CartRecovery.Host.Commands.Setup;

[Verb("check", HelpText = "Check a configuration and print every mistake with its line and column.")]
sealed class CheckOptions : ConfigOptions
{
    [Option("schema", HelpText = "Print the JSON Schema of the configuration instead.")]
    public bool Schema { get; set; }

    [Option("settings", HelpText = "Say also what the settings API and 'cartrecovery config' change in the file, and whether that fits it.")]
    public bool Settings { get; set; }

    [Option("against-running", HelpText = "Say what the running engine would take over of the file with a reload, and what needs a restart.")]
    public bool AgainstRunning { get; set; }
}
