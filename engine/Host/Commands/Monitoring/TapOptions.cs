using CartRecovery.Host.Commands.Maintenance;
using CommandLine;

namespace CartRecovery.Host.Commands.Monitoring;

[Verb("tap", HelpText = "Follow a store's events, decisions or deliveries, with personal data masked.")]
sealed class TapOptions : StoreOptions
{
    [Value(0, Required = true, MetaName = "events|decisions|deliveries", HelpText = "events: what comes in. decisions: messages that campaigns decided on. "
        + "deliveries: what became of the thousand latest messages.")]
    public string What { get; set; } = "";

    [Option("type", MetaValue = "TYPE", HelpText = "Only events of this type.")]
    public string? Type { get; set; }

    [Option("campaign", MetaValue = "NAME", HelpText = "Only decisions or deliveries of this campaign.")]
    public string? Campaign { get; set; }

    [Option("sample", MetaValue = "SHARE", Default = 1.0, HelpText = "Only events of this share of the carts, above 0 to 1.")]
    public double Sample { get; set; } = 1;

    [Option("limit", MetaValue = "N", Default = 0, HelpText = "Stop after N rows. Default: at Ctrl+C.")]
    public int Limit { get; set; }
}
