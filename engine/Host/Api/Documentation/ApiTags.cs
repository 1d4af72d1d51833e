namespace CartRecovery.Host.Api.Documentation;

/// <summary>The groups of the API.</summary>
static class ApiTags
{
    public const string Events = "Events", Streams = "Streams", Features = "Features", Predictions = "Predictions", Carts = "Carts", Customers = "Customers",
        Interventions = "Interventions", Campaigns = "Campaigns", Analytics = "Analytics", Products = "Products", Suppressions = "Suppressions", Codes = "Codes",
        Segments = "Segments", Templates = "Templates", FeatureFlags = "Feature flags", Experiments = "Experiments", Ofrep = "OFREP", DeadLetters = "Dead letters", Tracking = "Tracking", Storefront = "Storefront", Auth = "Users", Audit = "Audit", Keys = "API keys", Privacy = "Privacy", Roles = "Roles", Usage = "Usage", Members = "Members",
        Config = "Config", Logs = "Logs",
        Models = "Models", Inference = "Inference",
        Exports = "Exports", Reconciliation = "Reconciliation",
        Alerts = "Alerts", Alertmanager = "Alertmanager",
        Jobs = "Jobs", Monitoring = "Monitoring", Operations = "Operations";

    /// <summary>All tags with their descriptions, in the order of the document.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
    [
        (Events, "Send events over HTTP, and count them."),
        (Streams, "Send events and receive interventions over a WebSocket."),
        (Features, "A cart's features, as the model receives them."),
        (Predictions, "Score a cart or a set of features."),
        (Carts, "A cart's state and its interventions."),
        (Customers, "Customers, how they can be reached, and what happened to each."),
        (Interventions, "Messages scheduled, sent and withheld, with reasons."),
        (Campaigns, "List, pause, resume and preview campaigns."),
        (Analytics, "Results of contacting shoppers."),
        (Products, "Product names, prices and stock for messages."),
        (Suppressions, "Addresses that must not be contacted."),
        (Codes, "Discount codes that messages carried, each worth one order."),
        (Segments, "Named conditions that campaigns, flags and experiments refer to, and how many they hold for."),
        (Templates, "Named texts that campaigns refer to: check, preview, and change them where they are used."),
        (FeatureFlags, "Values that the shop's pages and servers ask for, by store, segment and percentage."),
        (Experiments, "Compare variants of a flag, or of a campaign, by what shoppers buy."),
        (Ofrep, "Evaluate feature flags by the OpenFeature Remote Evaluation Protocol."),
        (DeadLetters, "List, repair, replay and drop rejected events."),
        (Tracking, "Targets of the links in messages. Links are signed and need no key."),
        (Storefront, "The JavaScript client for shop pages."),
        (Auth, "Users sign in and out, and look after their passwords and authenticator apps."),
        (Members, "Who may sign in: invite, change, disable and delete members."),
        (Roles, "The built-in roles, and roles of your own."),
        (Keys, "Keys for the shop's servers and pages: make, rotate and revoke them."),
        (Privacy, "Forget people, with receipts."),
        (Usage, "The usage of a store and its keys, with their quotas."),
        (Audit, "Who did what."),
        (Logs, "Search the engine's log."),
        (Config, "Read and change the settings that need no restart."),
        (Exports, "Download events, interventions and conversions."),
        (Reconciliation, "Compare the shop's orders and carts with the engine's."),
        (Models, "Versions of models, and which one decides: register, compare, promote and roll back."),
        (Inference, "Score rows by the Open Inference Protocol v2."),
        (Jobs, "Scheduled jobs: list, run, change, pause and cancel."),
        (Alerts, "Alerts that fire and did, and their rules: acknowledge, resolve, create and try."),
        (Alertmanager, "Alertmanager's API v2: alerts, silences and receivers, for amtool and Prometheus."),
        (Monitoring, "Query the history of metrics, and send metrics to it."),
        (Operations, "Health and metrics."),
    ];
}
