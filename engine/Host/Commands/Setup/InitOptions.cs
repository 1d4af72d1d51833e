using CommandLine;

namespace CartRecovery.Host.Commands.Setup;

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

    [Option("admin", MetaValue = "EMAIL", HelpText = "Also add the first administrator, and print a token to set a password with.")]
    public string? Admin { get; set; }

    [Option("force", HelpText = "Overwrite the file. The keys in it become invalid.")]
    public bool Force { get; set; }
}
