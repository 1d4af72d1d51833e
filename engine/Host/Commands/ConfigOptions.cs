using CommandLine;

namespace CartRecovery.Host.Commands;

/// <summary>The options of every command that reads the configuration.</summary>
abstract class ConfigOptions
{
    [Option('c', "config", MetaValue = "FILE",
        HelpText = "The configuration. Default: cartrecovery.yaml in this folder, else config/cartrecovery.yaml in this folder or one above it, else the shipped one.")]
    public string? Config { get; set; }
}
