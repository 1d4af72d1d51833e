using CommandLine;

namespace CartRecovery.Host.Commands.Backtest;

[Verb("export", HelpText = "Export the journal's events as JSON lines, CSV or Parquet.")]
sealed class ExportOptions : RangeOptions
{
    [Option("format", Default = "ndjson", MetaValue = "FORMAT", HelpText = "ndjson (one native event per line), csv (RFC 4180) or parquet (Apache Parquet).")]
    public string Format { get; set; } = "";

    [Option("store", MetaValue = "ID", HelpText = "Only events of this store.")]
    public string? Store { get; set; }

    [Option("features", HelpText = "Export the carts' features after their events instead, as they were scored, with what happened then.")]
    public bool Features { get; set; }

    [Option("seed", Default = 1UL, MetaValue = "NUMBER", HelpText = "With --features: the same seed and journal give the same rows.")]
    public ulong Seed { get; set; }

    [Option("out", MetaValue = "FILE", HelpText = "The file to write. Default: standard output.")]
    public string? Out { get; set; }
}
