using CommandLine;

namespace CartRecovery.Host.Commands;

/// <summary>What every verb takes that reads the configuration.</summary>
abstract class ConfigOptions
{
    [Option('c', "config", MetaValue = "FILE",
        HelpText = "The configuration. Default: config/cartrecovery.yaml in this folder or one above it, else beside the program.")]
    public string? Config { get; set; }
}

[Verb("run", HelpText = "Run the engine until it is told to stop (SIGTERM or Ctrl-C).")]
sealed class RunOptions : ConfigOptions;

[Verb("demo", HelpText = "See it work: the engine with the default configuration, and a real shop's events streamed through it.")]
sealed class DemoOptions : ConfigOptions
{
    [Option("seconds", Default = 20, MetaValue = "N", HelpText = "How long the three hours of the log take, 1 to 3600.")]
    public int Seconds { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "Another log in REES46's form, .csv or .csv.gz. Default: the one that is shipped.")]
    public string? Events { get; set; }

    [Option("keep", HelpText = "Leave the engine running afterwards.")]
    public bool Keep { get; set; }
}

[Verb("check", HelpText = "Report every mistake in the configuration, with its line and column.")]
sealed class CheckOptions : ConfigOptions
{
    [Option("schema", HelpText = "Print the configuration's JSON Schema instead.")]
    public bool Schema { get; set; }
}

[Verb("models", HelpText = "Fit the purchase model on a shop's log and write it, with its card: cartrecovery models fit.")]
sealed class ModelsOptions
{
    [Value(0, Required = true, MetaName = "fit", HelpText = "What to do: fit.")]
    public string Action { get; set; } = "";

    [Option("events", MetaValue = "FILE", Default = "config/demo/rees46-2019-10-01.csv.gz",
        HelpText = "The log, in REES46's form, .csv or .csv.gz.")]
    public string Events { get; set; } = "";

    [Option("out", MetaValue = "FILE", Default = "config/models/purchase.onnx",
        HelpText = "The model's file; its card goes beside it, with the ending .md.")]
    public string Out { get; set; } = "";

    [Option("model-version", MetaValue = "TEXT", Default = "1", HelpText = "The version that interventions and metrics name.")]
    public string ModelVersion { get; set; } = "";
}

[Verb("deadletters", HelpText = "Look at the events that could not be used; repair, replay or drop them.")]
sealed class DeadLettersOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "ACTION", HelpText = "What to do: list, show, repair (shows what a repair would change), replay or drop.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "ID...", HelpText = "The letters' numbers, as list shows them.")]
    public IEnumerable<string> Ids { get; set; } = [];

    [Option("all", HelpText = "Every letter that waits, in place of numbers.")]
    public bool All { get; set; }

    [Option("store", MetaValue = "ID", HelpText = "Only this store's letters.")]
    public string? Store { get; set; }

    [Option("code", MetaValue = "CODE", HelpText = "Only letters refused for this reason, like wrong_type.")]
    public string? Code { get; set; }

    [Option("state", MetaValue = "STATE", Default = "waiting", HelpText = "For list: waiting, replayed, dropped or all.")]
    public string State { get; set; } = "";

    [Option("limit", MetaValue = "N", HelpText = "So many letters at the most. Default: 50 for list, else all.")]
    public int? Limit { get; set; }

    [Option("event", MetaValue = "FILE", HelpText = "For replay of one letter: the event to send in its place, as JSON.")]
    public string? Event { get; set; }

    [Option("json", HelpText = "Print JSON, an object a line, for other programs.")]
    public bool Json { get; set; }
}

/// <summary>What verbs take that go over a span of the journal.</summary>
abstract class RangeOptions : ConfigOptions
{
    [Option("from", MetaValue = "TIME", HelpText = "Events received from then on: RFC 3339, a date, milliseconds since 1970, or how long ago (2h, 7d). Default: the first.")]
    public string? From { get; set; }

    [Option("to", MetaValue = "TIME", HelpText = "Events received before then, likewise. Default: the last.")]
    public string? To { get; set; }
}

[Verb("replay", HelpText = "Decide anew on the journal's events, or a file's, and compare: to try a model or campaigns on the traffic that was.")]
sealed class ReplayOptions : RangeOptions
{
    [Option("model", MetaValue = "FILE", HelpText = "The model to score with. Default: the configuration's.")]
    public string? Model { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "Native events, a JSON object a line (.ndjson, .ndjson.gz), in place of the journal.")]
    public string? Events { get; set; }

    [Option("partitions", Default = 1, MetaValue = "N",
        HelpText = "Spread the carts of each of the journal's partitions, or of the file, over so many, 1 to 256. What is decided stays the same.")]
    public int Partitions { get; set; }

    [Option("json", HelpText = "Print the report as JSON.")]
    public bool Json { get; set; }
}

[Verb("export", HelpText = "Write the journal's events out, as JSON lines or CSV.")]
sealed class ExportOptions : RangeOptions
{
    [Option("format", Default = "ndjson", MetaValue = "FORMAT", HelpText = "ndjson: native events, one a line; csv: RFC 4180.")]
    public string Format { get; set; } = "";

    [Option("store", MetaValue = "ID", HelpText = "Only this store's events.")]
    public string? Store { get; set; }

    [Option("out", MetaValue = "FILE", HelpText = "Default: standard output.")]
    public string? Out { get; set; }
}

[Verb("offpolicy", HelpText = "Value other policies by choices that were made by lot: what always choosing one action would have brought.")]
sealed class OffPolicyOptions
{
    [Option("log", MetaValue = "FILE",
        HelpText = "The choices, a CSV file with the columns action, propensity (how likely that action was there) and reward; all others are features.")]
    public string? Log { get; set; }

    [Option("from-outreach", MetaValue = "FOLDER", HelpText = "The engine's own choices among offers, out of its data folder; the reward is the journey's revenue.")]
    public string? FromOutreach { get; set; }

    [Option("policy", Default = "all", MetaValue = "ACTION", HelpText = "Only the policy that always chooses this action.")]
    public string Policy { get; set; } = "";

    [Option("uplift", MetaValue = "ACTION", HelpText = "Fit also whom this action moves, and say how well that ranks; rewards are 0 or 1.")]
    public string? Uplift { get; set; }

    [Option("against", MetaValue = "ACTION", HelpText = "The action that --uplift is held against.")]
    public string? Against { get; set; }
}

[Verb("version", HelpText = "Print the version.")]
sealed class VersionOptions;
