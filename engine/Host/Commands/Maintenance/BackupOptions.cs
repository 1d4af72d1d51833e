using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("backup", HelpText = "Back the data folder up, while the engine runs or not; list and verify backups.")]
sealed class BackupOptions : ConfigOptions
{
    [Value(0, MetaName = "list|verify|unregister", HelpText = "list: print the backups of a folder. verify: read one, and compare what is there with what was stored. unregister: the folder's backups are deleted; those who are forgotten need not wait for it. Default: make one.")]
    public string? Action { get; set; }

    [Value(1, MetaName = "DIR", HelpText = "With list, verify and unregister: the folder of backups.")]
    public string? Folder { get; set; }

    [Option("to", MetaValue = "DIR", HelpText = "The folder for backups, best on another disk. Default: backup.to.")]
    public string? To { get; set; }

    [Option("key-file", MetaValue = "FILE", HelpText = "A file with the key that encrypts backups, at least 32 characters. Default: backup.key; without it, they are not encrypted.")]
    public string? KeyFile { get; set; }

    [Option("at", MetaValue = "ID", HelpText = "With verify: the backup. Default: the newest.")]
    public string? At { get; set; }

    [Option("keep", MetaValue = "N", HelpText = "How many backups are kept. Default: backup.keep.")]
    public int? Keep { get; set; }

    [Option("keep-for", MetaValue = "DURATION", HelpText = "How long backups are kept, such as 30d. Default: backup.keepFor.")]
    public string? KeepFor { get; set; }
}
