using CommandLine;

namespace CartRecovery.Host.Commands.Backtest;

[Verb("replay", HelpText = "Backtest a model or campaigns on recorded events, and compare the decisions.")]
sealed class ReplayOptions : RangeOptions
{
    [Option("model", MetaValue = "FILE", HelpText = "The model to score with. Default: the configuration's.")]
    public string? Model { get; set; }

    [Option("events", MetaValue = "FILE", HelpText = "Replay a file of native events (.ndjson, .ndjson.gz) instead of the journal.")]
    public string? Events { get; set; }

    [Option("recorded", HelpText = "Decide by the campaigns that were in force at each moment, as the journal has them, instead of the configuration's.")]
    public bool Recorded { get; set; }

    [Option("partitions", Default = 1, MetaValue = "N",
        HelpText = "Replay each journal partition, or the file, on N partitions, 1 to 256. Does not change the decisions.")]
    public int Partitions { get; set; }

    [Option("json", HelpText = "Print the report as JSON.")]
    public bool Json { get; set; }
}
