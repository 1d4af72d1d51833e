namespace CartRecovery.Host.Api.Analytics;

/// <summary>A campaign's funnel.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Triggered">Journeys that began.</param>
/// <param name="Contacted">Journeys with a message sent.</param>
/// <param name="Seen">Journeys with a message opened, clicked, or shown on the page.</param>
/// <param name="Clicked">Journeys with a message clicked.</param>
/// <param name="Bought">Contacted journeys that ended in a purchase.</param>
/// <param name="LeftAlone">Journeys in the holdout.</param>
/// <param name="LeftAloneBought">Journeys in the holdout that ended in a purchase.</param>
sealed record ConversionFunnelRow(
    string Campaign, long Triggered, long Contacted, long Seen, long Clicked, long Bought, long LeftAlone, long LeftAloneBought);
