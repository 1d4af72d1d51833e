using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("config", HelpText = "Show and change the settings that override the configuration file, beside a running engine or without one.")]
sealed class SettingsOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "show|diff|export|history|set|reset|rollback", HelpText = "show: the settings, or those of a key. diff: their differences from the file. export: the same "
        + "as YAML. history: the versions. set: set a key's value. reset: remove the override of a key, or all overrides. rollback: return to the settings of a former version.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "KEY", HelpText = "The key, such as limits.batch; with rollback the version's number.")]
    public string? Key { get; set; }

    [Value(2, MetaName = "VALUE", HelpText = "With set: the value, as JSON or a text.")]
    public string? Value { get; set; }

    [Option("reason", MetaValue = "TEXT", HelpText = "The reason, for the versions and the audit log.")]
    public string? Reason { get; set; }

    [Option("dry-run", HelpText = "Print the differences, and change nothing.")]
    public bool DryRun { get; set; }
}
