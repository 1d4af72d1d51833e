using CommandLine;

namespace CartRecovery.Host.Commands.Control;

[Verb("audit", HelpText = "List what users, keys and commands did, or verify that the list was neither altered nor truncated.")]
sealed class AuditOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "list|verify|head",
        HelpText = "list: print the entries, the newest first. verify: check every entry's hash, and that none is missing. head: print the last entry's number and hash.")]
    public string Command { get; set; } = "";

    [Option("actor", MetaValue = "ACTOR", HelpText = "With list: only entries of this actor, such as user:ID or cli.")]
    public string? Actor { get; set; }

    [Option("action", MetaValue = "ACTION", HelpText = "With list: only this action; with a trailing dot, all actions with this prefix, such as user.")]
    public string? Action { get; set; }

    [Option("store", MetaValue = "STORE", HelpText = "With list: only entries of this store.")]
    public string? Store { get; set; }

    [Option("limit", Default = 100, MetaValue = "N", HelpText = "With list: maximum number of entries.")]
    public int Limit { get; set; }

    [Option("at-least", MetaValue = "N:HASH", HelpText = "With verify: an earlier head, which the log must contain.")]
    public string? AtLeast { get; set; }

    [Option("json", HelpText = "Print JSON, one object a line.")]
    public bool Json { get; set; }
}
