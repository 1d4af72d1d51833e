using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

/// <summary>The options of commands that ask the running engine about a store.</summary>
abstract class StoreOptions : ConfigOptions
{
    [Option("store", MetaValue = "ID", HelpText = "The store. Default: the only one of the configuration.")]
    public string? Store { get; set; }

    [Option("json", HelpText = "Print one JSON object per line.")]
    public bool Json { get; set; }
}
