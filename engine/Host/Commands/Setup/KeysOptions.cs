using CommandLine;

namespace CartRecovery.Host.Commands.Setup;

[Verb("keys", HelpText = "Make, list, rotate and revoke API keys; make a key or the hash of one for the configuration; change the master key.")]
sealed class KeysOptions : ConfigOptions
{
    [Value(0, Required = true, MetaName = "add|list|rotate|revoke|new|hash|rewrap", HelpText = "add: make a key that works at once. list: print a store's keys. rotate: replace a key. "
        + "revoke: refuse a key from now on. new: make a random key for the configuration and print it with its hash. hash: read a key from standard input and print its hash. "
        + "rewrap: encrypt the data folder's keys under the master key that is configured now.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "NAME|ID", HelpText = "With add: what people call the key. With rotate and revoke: its id.")]
    public string? Subject { get; set; }

    [Option("kind", Default = "secret", MetaValue = "KIND", HelpText = "With add and new: secret or publishable.")]
    public string Kind { get; set; } = "";

    [Option("store", MetaValue = "STORE", HelpText = "With add, list, rotate and revoke: the store. Not needed if there is one alone.")]
    public string? Store { get; set; }

    [Option("scopes", MetaValue = "SCOPES", HelpText = "With add: what the key may do, such as events:write,analytics:read. Default: all that secret keys may.")]
    public string? Scopes { get; set; }

    [Option("origins", MetaValue = "ORIGINS", HelpText = "With add: the origins whose pages may use a publishable key; several with commas.")]
    public string? Origins { get; set; }

    [Option("expires", MetaValue = "TIME", HelpText = "With add: how long the key is valid, such as 90d. Default: for ever.")]
    public string? Expires { get; set; }

    [Option("eventsPerDay", MetaValue = "N", HelpText = "With add: maximum number of events a day with the key. Default: unlimited.")]
    public long EventsPerDay { get; set; }

    [Option("overlap", Default = "24h", MetaValue = "TIME", HelpText = "With rotate: how long the former key is valid beside the new one; at most 30d.")]
    public string Overlap { get; set; } = "";

    [Option("former", MetaValue = "FILE", HelpText = "With rewrap: the file that holds the former master key. Default: the data folder's file secret.")]
    public string? Former { get; set; }
}
