using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("deadletters", HelpText = "List rejected events; repair, replay or drop them.")]
sealed class DeadLettersOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "ACTION", HelpText = "list, show, repair (shows what a repair would change), replay or drop.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "ID...", HelpText = "Numbers of dead letters, as list shows them.")]
    public IEnumerable<string> Ids { get; set; } = [];

    [Option("all", HelpText = "Select all waiting dead letters, instead of numbers.")]
    public bool All { get; set; }

    [Option("store", MetaValue = "ID", HelpText = "Only dead letters of this store.")]
    public string? Store { get; set; }

    [Option("code", MetaValue = "CODE", HelpText = "Only dead letters rejected with this code, like wrong_type.")]
    public string? Code { get; set; }

    [Option("state", MetaValue = "STATE", Default = "waiting", HelpText = "For list: waiting, replayed, dropped or all.")]
    public string State { get; set; } = "";

    [Option("limit", MetaValue = "N", HelpText = "At most N dead letters. Default: 50 for list, else all.")]
    public int? Limit { get; set; }

    [Option("event", MetaValue = "FILE", HelpText = "For replay of one dead letter: a JSON file with the event to send instead.")]
    public string? Event { get; set; }

    [Option("json", HelpText = "Print one JSON object per line.")]
    public bool Json { get; set; }
}
