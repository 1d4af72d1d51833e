namespace CartRecovery.Host.Api.Documentation;

/// <summary>The groups of the API.</summary>
static class ApiTags
{
    public const string Events = "Events", Streams = "Streams", Features = "Features", Predictions = "Predictions", Carts = "Carts",
        Interventions = "Interventions", Campaigns = "Campaigns", Analytics = "Analytics", Products = "Products", Suppressions = "Suppressions",
        DeadLetters = "Dead letters", Tracking = "Tracking", Storefront = "Storefront", Operations = "Operations";

    /// <summary>All of them, in the order of the document, with what each is for.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
    [
        (Events, "Send events over HTTP, and count what came in."),
        (Streams, "Send events and receive interventions over a WebSocket."),
        (Features, "A cart as the model sees it."),
        (Predictions, "Score a cart or a set of features."),
        (Carts, "Where a cart's life stands."),
        (Interventions, "What was planned, sent and withheld, and why."),
        (Campaigns, "See a campaign's messages before anybody gets them."),
        (Analytics, "What came of contacting shoppers."),
        (Products, "Names, prices and stock that messages show."),
        (Suppressions, "Addresses that take no more messages."),
        (DeadLetters, "Events that could not be used: list, repair, replay, drop."),
        (Tracking, "Where the links in messages lead. Links are signed and need no key."),
        (Storefront, "The JavaScript client for the pages of a shop."),
        (Operations, "Health and metrics."),
    ];
}
