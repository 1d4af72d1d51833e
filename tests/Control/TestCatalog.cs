using CartRecovery.Contracts;
using CartRecovery.Engine.Control;

namespace CartRecovery.Tests.Control;

/// <summary>Names that the configurations of these tests can use.</summary>
static class TestCatalog
{
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

    static SinkSpec Sink(string type, string description, params SinkOption[] options) =>
        new(type, description, options, _ => throw new InvalidOperationException("Loading a configuration must not make sinks."));
}
