using CommandLine;

namespace CartRecovery.Host.Commands.Backtest;

/// <summary>The options of commands that read a time range of the journal.</summary>
abstract class RangeOptions : ConfigOptions
{
    [Option("from", MetaValue = "TIME", HelpText = "Only events received at or after this time: RFC 3339, a date, epoch milliseconds, or an age (2h, 7d).")]
    public string? From { get; set; }

    [Option("to", MetaValue = "TIME", HelpText = "Only events received before this time.")]
    public string? To { get; set; }
}
