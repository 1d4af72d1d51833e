using CommandLine;

namespace CartRecovery.Host.Commands.Setup;

[Verb("keys", HelpText = "Make a key, or the hash of one for the configuration; change the master key.")]
sealed class KeysOptions
{
    [Value(0, Required = true, MetaName = "new|hash|rewrap", HelpText = "new: make a random key and print it with its hash. hash: read a key from standard input and print its hash. "
        + "rewrap: encrypt the data folder's keys under the master key that is configured now.")]
    public string Action { get; set; } = "";

    [Option("kind", Default = "secret", MetaValue = "KIND", HelpText = "The kind of the new key: secret or publishable.")]
    public string Kind { get; set; } = "";

    [Option("former", MetaValue = "FILE", HelpText = "With rewrap: the file that holds the former master key. Default: the data folder's file secret.")]
    public string? Former { get; set; }

    [Option("config", MetaValue = "FILE", HelpText = "With rewrap: the configuration file.")]
    public string? Config { get; set; }
}
