using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("restore", HelpText = "Restore a backup into an empty data folder.")]
sealed class RestoreOptions : ConfigOptions
{
    [Option("from", Required = true, MetaValue = "DIR", HelpText = "The folder of backups.")]
    public string From { get; set; } = "";

    [Option("to", MetaValue = "DATA", HelpText = "The data folder: empty, or not there. Default: the configured one.")]
    public string? To { get; set; }

    [Option("at", MetaValue = "ID", HelpText = "The backup, as 'backup list' prints it. Default: the newest.")]
    public string? At { get; set; }

    [Option("key-file", MetaValue = "FILE", HelpText = "A file with the key, if backups are encrypted. Default: backup.key.")]
    public string? KeyFile { get; set; }
}
