using CommandLine;

namespace CartRecovery.Host.Commands.Maintenance;

[Verb("campaigns", HelpText = "List the campaigns of a store; pause, resume, preview and test them.")]
sealed class CampaignsOptions : StoreOptions
{
    [Value(0, Required = true, MetaName = "list|pause|resume|preview|test", HelpText = "list: print all with their states. pause: start no more series, and hold due messages. "
        + "resume: end a pause. preview: show a message; nothing is sent. test: send a message to an address of the store's staff.")]
    public string Action { get; set; } = "";

    [Value(1, MetaName = "CAMPAIGN", HelpText = "The campaign's name.")]
    public string? Campaign { get; set; }

    [Option("variant", MetaValue = "NAME", HelpText = "With preview and test: the variant. Default: the first.")]
    public string? Variant { get; set; }

    [Option("step", MetaValue = "N", HelpText = "With preview and test: the step of the series, from 1. Default: 1.")]
    public int? Step { get; set; }

    [Option("choice", MetaValue = "N", HelpText = "With preview and test: the choice of the offer, from 1. Default: 1.")]
    public int? Choice { get; set; }

    [Option("cart", MetaValue = "ID", HelpText = "With preview and test: the cart to render for. Default: a sample.")]
    public string? Cart { get; set; }

    [Option("to", MetaValue = "ADDRESS", HelpText = "With test: an address of stores[].staff.")]
    public string? To { get; set; }

    [Option("out", MetaValue = "FILE", HelpText = "With preview: write the page of all messages, to open in a browser.")]
    public string? Out { get; set; }
}
