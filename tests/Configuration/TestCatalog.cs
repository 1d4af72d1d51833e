using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.State;
using CartRecovery.Host.Composition;
using CartRecovery.Host.Jobs;

namespace CartRecovery.Tests.Configuration;

/// <summary>The names that the tested configurations may reference.</summary>
static class TestCatalog
{
    /// <summary>A small, fixed catalog.</summary>
    public static ConfigCatalog Small { get; } = new(
        [
            Sink("console", "Writes interventions to standard output."),
            Sink("file", "Appends interventions to a file, one JSON object a line.",
                SinkOption.Text("path", "The file.", required: true),
                SinkOption.Text("mode", "How it is opened.", defaultValue: "append")),
            Sink("webhook", "Posts interventions, signed as Standard Webhooks says.",
                SinkOption.Url("url", "Where to post.", required: true),
                SinkOption.Secret("secret", "The signing secret.", required: true)),
            Sink("mail", "Sends e-mails.") with { Address = AddressKind.Email },
            Sink("typed", "Has an option of each type.",
                SinkOption.Integer("port", "A port.", min: 1, max: 65535),
                SinkOption.Number("share", "A share.", min: 0, max: 1, defaultValue: 0.5),
                SinkOption.Duration("every", "An interval.", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
                SinkOption.Boolean("quiet", "Says less."),
                SinkOption.Choice("tls", "Encryption.", ["starttls", "none"]),
                SinkOption.Url("url", "An address."),
                SinkOption.Url("hook", "A secret address.", encrypted: true, secret: true),
                SinkOption.Secret("key", "A key."),
                SinkOption.List("command", "A command."),
                SinkOption.File("ca", "A file."),
                SinkOption.Headers("headers", "Headers.")),
        ],
        ["event_count", "page_views", "item_views", "adds", "removes", "item_count", "cart_value", "checkout_step", "purchases"])
    {
        Jobs = [new JobDefinition("upkeep", "Cleans.", "7 * * * *", TimeSpan.FromMinutes(1), (_, _) => Task.CompletedTask) { IsEssential = true },
            new JobDefinition("report", "Reports.", "0 6 * * *", TimeSpan.FromMinutes(1), (_, _) => Task.CompletedTask)],
    };

    /// <summary>The engine's catalog.</summary>
    public static ConfigCatalog Shipped { get; } = new(
        SinkCatalog.All, FeatureTable.Names)
    { Jobs = BuiltInJobs.All };

    static SinkSpec Sink(string type, string description, params SinkOption[] options) =>
        new(type, description, options, _ => throw new InvalidOperationException("Loading a configuration must not create sinks."));
}
