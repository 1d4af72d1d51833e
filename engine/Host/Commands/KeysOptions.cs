using CommandLine;

namespace CartRecovery.Host.Commands;

[Verb("keys", HelpText = "Make a key, or the hash of one for the configuration.")]
sealed class KeysOptions
{
    [Value(0, Required = true, MetaName = "new|hash", HelpText = "new: make a random key and print it with its hash. hash: read a key from standard input and print its hash.")]
    public string Action { get; set; } = "";

    [Option("kind", Default = "secret", MetaValue = "KIND", HelpText = "The kind of the new key: secret or publishable.")]
    public string Kind { get; set; } = "";
}
