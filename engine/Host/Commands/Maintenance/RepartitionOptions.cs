using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("repartition", HelpText = "Change a stopped engine's number of partitions, which is how many cores it can use.")]
sealed class RepartitionOptions : ConfigOptions
{
    [Option("partitions", Required = true, MetaValue = "N", HelpText = "The new number of partitions, 1 to 256. One for each core is a good number.")]
    public int Partitions { get; set; }

    [Option("dry-run", HelpText = "Say what would be done and how long it would take. Changes nothing.")]
    public bool DryRun { get; set; }
}
