using CommandLine;

namespace CartRecovery.Host.Commands;

/// <summary>The options of every command that reads the configuration.</summary>
abstract class ConfigOptions
{
    [Option('c', "config", MetaValue = "FILE",
        HelpText = "The configuration. Default: cartrecovery.yaml in this folder, else config/cartrecovery.yaml in this folder or one above it, else the shipped one.")]
    public string? Config { get; set; }
}

[Verb("run", HelpText = "Run the engine until SIGTERM or Ctrl-C.")]
sealed class RunOptions : ConfigOptions;

[Verb("demo", HelpText = "Watch the engine work on a real shop's night. Needs no setup.")]
sealed class DemoOptions : ConfigOptions
{
    [Option("seconds", Default = 20, MetaValue = "N", HelpText = "The length of the demo in seconds, 1 to 3600.")]
    public int Seconds { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "A log in REES46 format, .csv or .csv.gz. Default: the shipped one.")]
    public string? Events { get; set; }

    [Option("port", MetaValue = "PORT", HelpText = "The HTTP port; 0 takes a free one. Default: the configuration's.")]
    public int? Port { get; set; }

    [Option("stream-port", MetaValue = "PORT", HelpText = "The stream port. Default: with --port, the port after it, or a free one with --port 0.")]
    public int? StreamPort { get; set; }

    [Option("keep", HelpText = "Keep the engine running afterwards, with a shop at /shop.")]
    public bool Keep { get; set; }
}

[Verb("init", HelpText = "Write a working configuration with fresh keys.")]
sealed class InitOptions
{
    [Option("dir", MetaValue = "DIR", HelpText = "The folder to write cartrecovery.yaml to, created if needed. Default: this folder.")]
    public string? Dir { get; set; }

    [Option('c', "config", MetaValue = "FILE", HelpText = "The file to write, instead of --dir.")]
    public string? Config { get; set; }

    [Option("store", Default = "shop", MetaValue = "NAME", HelpText = "The store's id.")]
    public string Store { get; set; } = "";

    [Option("origin", MetaValue = "URL", HelpText = "The origin of the shop's pages, like https://shop.example. Default: http://localhost on any port.")]
    public string? Origin { get; set; }

    [Option("force", HelpText = "Overwrite the file. The keys in it become invalid.")]
    public bool Force { get; set; }
}

[Verb("check", HelpText = "Check a configuration and print every mistake with its line and column.")]
sealed class CheckOptions : ConfigOptions
{
    [Option("schema", HelpText = "Print the JSON Schema of the configuration instead.")]
    public bool Schema { get; set; }
}

[Verb("models", HelpText = "Fit the purchase model to a shop's log and write its model card.")]
sealed class ModelsOptions
{
    [Value(0, Required = true, MetaName = "fit", HelpText = "The action: fit.")]
    public string Action { get; set; } = "";

    [Option("events", MetaValue = "FILE", Default = "config/demo/rees46-2019-10-01.csv.gz",
        HelpText = "The log in REES46 format, .csv or .csv.gz.")]
    public string Events { get; set; } = "";

    [Option("out", MetaValue = "FILE", Default = "config/models/purchase.onnx",
        HelpText = "The model file to write. Its card is written next to it as .md.")]
    public string Out { get; set; } = "";

    [Option("model-version", MetaValue = "TEXT", Default = "1", HelpText = "The version that interventions and metrics show.")]
    public string ModelVersion { get; set; } = "";
}

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

/// <summary>The options of commands that read a time range of the journal.</summary>
abstract class RangeOptions : ConfigOptions
{
    [Option("from", MetaValue = "TIME", HelpText = "Only events received at or after this time: RFC 3339, a date, epoch milliseconds, or an age (2h, 7d).")]
    public string? From { get; set; }

    [Option("to", MetaValue = "TIME", HelpText = "Only events received before this time.")]
    public string? To { get; set; }
}

[Verb("replay", HelpText = "Backtest a model or campaigns on recorded events, and compare the decisions.")]
sealed class ReplayOptions : RangeOptions
{
    [Option("model", MetaValue = "FILE", HelpText = "The model to score with. Default: the configuration's.")]
    public string? Model { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "Replay a file of native events (.ndjson, .ndjson.gz) instead of the journal.")]
    public string? Events { get; set; }

    [Option("partitions", Default = 1, MetaValue = "N",
        HelpText = "Replay each journal partition, or the file, on N partitions, 1 to 256. Does not change the decisions.")]
    public int Partitions { get; set; }

    [Option("json", HelpText = "Print the report as JSON.")]
    public bool Json { get; set; }
}

[Verb("export", HelpText = "Export the journal's events as JSON lines or CSV.")]
sealed class ExportOptions : RangeOptions
{
    [Option("format", Default = "ndjson", MetaValue = "FORMAT", HelpText = "ndjson (one native event per line) or csv (RFC 4180).")]
    public string Format { get; set; } = "";

    [Option("store", MetaValue = "ID", HelpText = "Only events of this store.")]
    public string? Store { get; set; }

    [Option("out", MetaValue = "FILE", HelpText = "The file to write. Default: standard output.")]
    public string? Out { get; set; }
}

[Verb("offpolicy", HelpText = "Estimate from randomised choices what another policy would have earned (off-policy evaluation).")]
sealed class OffPolicyOptions
{
    [Option("log", MetaValue = "FILE",
        HelpText = "A CSV file with the columns action, propensity (the probability of that action) and reward. All other columns are features.")]
    public string? Log { get; set; }

    [Option("from-outreach", MetaValue = "FOLDER", HelpText = "A data folder: the engine's own choices among offers, with the journey's revenue as the reward.")]
    public string? FromOutreach { get; set; }

    [Option("policy", Default = "all", MetaValue = "ACTION", HelpText = "Evaluate only the policy that always chooses this action.")]
    public string Policy { get; set; } = "";

    [Option("uplift", MetaValue = "ACTION", HelpText = "Also fit an uplift model of this action and print its Qini coefficient. Rewards must be 0 or 1.")]
    public string? Uplift { get; set; }

    [Option("against", MetaValue = "ACTION", HelpText = "The action to compare --uplift with.")]
    public string? Against { get; set; }
}

[Verb("version", HelpText = "Print the version, the commit and the runtime.")]
sealed class VersionOptions;
