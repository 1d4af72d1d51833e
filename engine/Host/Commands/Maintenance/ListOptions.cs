using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("list", HelpText = "List a store's carts, customers, products or suppressed addresses.")]
sealed class ListOptions : StoreOptions
{
    public const int DefaultLimit = 50, MaxLimit = 100_000;

    [Value(0, Required = true, MetaName = "carts|customers|products|suppressions", HelpText = "carts: those that triggered a campaign, the latest first. "
        + "customers: those in a series, the latest first. products: the catalogue. suppressions: addresses that are not written to.")]
    public string What { get; set; } = "";

    [Option("limit", MetaValue = "N", Default = DefaultLimit, HelpText = "At most N rows.")]
    public int Limit { get; set; }
}
