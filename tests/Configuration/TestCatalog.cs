using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;

namespace CartRecovery.Tests.Configuration;

/// <summary>What configurations of these tests may name.</summary>
static class TestCatalog
{
    /// <summary>A few names that do not change.</summary>
    public static ConfigCatalog Small { get; } = new(
        [
            Sink("console", "Writes interventions to standard output."),
            Sink("file", "Appends interventions to a file, one JSON object a line.",
                new SinkOption("path", "The file.", Required: true),
                new SinkOption("mode", "How it is opened.", Default: "append")),
            Sink("webhook", "Posts interventions, signed as Standard Webhooks says.",
                new SinkOption("url", "Where to post: an absolute http or https address.", Required: true),
                new SinkOption("secret", "The signing secret.", Required: true, Secret: true)),
        ],
        ["event_count", "page_views", "item_views", "adds", "removes", "item_count", "cart_value", "checkout_step", "purchases"],
        ["item_count", "cart_value", "currency", "discount"]);

    /// <summary>What the engine has.</summary>
    public static ConfigCatalog Shipped { get; } = new(
        SinkCatalog.All, FeatureTable.Names, CampaignMessage.Variables);

    static SinkSpec Sink(string type, string description, params SinkOption[] options) =>
        new(type, description, options, _ => throw new InvalidOperationException("Loading a configuration must not make sinks."));
}
