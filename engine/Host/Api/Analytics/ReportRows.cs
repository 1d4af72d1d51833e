namespace CartRecovery.Host.Api.Analytics;

/// <summary>A side of a campaign's experiment.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The side.</param>
/// <param name="Shoppers">Shoppers that it turned to.</param>
/// <param name="Journeys">Journeys that began.</param>
/// <param name="Holdout">Journeys of shoppers that were left alone by chance.</param>
/// <param name="Sent">Messages that were sent.</param>
/// <param name="Opened">Messages that were opened.</param>
/// <param name="Clicked">Messages that were clicked.</param>
/// <param name="Withheld">Messages that were not sent.</param>
/// <param name="Orders">Orders after it, verified by the shop.</param>
/// <param name="Revenue">Their value, refunds taken off.</param>
/// <param name="Stopped">Why the side was stopped.</param>
/// <param name="SampleRatioProbability">How likely sides as uneven as these are by chance, 0–1.</param>
/// <param name="SampleRatioMismatch">So unlikely that no comparison holds.</param>
sealed record PerformanceRow(
    string Campaign, string Variant, long Shoppers, long Journeys, long Holdout, long Sent, long Opened, long Clicked, long Withheld, long Orders,
    double Revenue, string? Stopped, double SampleRatioProbability, bool SampleRatioMismatch);

/// <summary>A channel, and what became of what went over it.</summary>
/// <param name="Channel">`socket`, or a sink's name.</param>
/// <param name="Planned">Messages that were decided.</param>
/// <param name="Sent">Handed over.</param>
/// <param name="Delivered">Received.</param>
/// <param name="Opened">Opened.</param>
/// <param name="Clicked">Clicked.</param>
/// <param name="Dismissed">Dismissed.</param>
/// <param name="Failed">Given up by the sink.</param>
/// <param name="Rejected">Refused by the sink.</param>
/// <param name="Bounced">Returned.</param>
/// <param name="Withheld">Not sent for another reason.</param>
/// <param name="Waiting">Waiting for their time.</param>
sealed record ChannelRow(
    string Channel, long Planned, long Sent, long Delivered, long Opened, long Clicked, long Dismissed, long Failed, long Rejected, long Bounced,
    long Withheld, long Waiting);

/// <summary>How far the shoppers of a campaign came.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Triggered">Journeys that began.</param>
/// <param name="Contacted">With a message that was sent.</param>
/// <param name="Seen">With one that was opened or received.</param>
/// <param name="Clicked">With one that was clicked.</param>
/// <param name="Bought">Contacted, and bought after.</param>
/// <param name="LeftAlone">Left alone by chance.</param>
/// <param name="LeftAloneBought">Left alone, and bought after.</param>
sealed record ConversionFunnelRow(
    string Campaign, long Triggered, long Contacted, long Seen, long Clicked, long Bought, long LeftAlone, long LeftAloneBought);

/// <summary>How many messages of a campaign were withheld for a reason.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Count">How many.</param>
sealed record ReasonRow(string Campaign, string Channel, string Reason, long Count);

/// <summary>An order of a shopper that a campaign turned to.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="At">When.</param>
/// <param name="Value">Its value; below 0 for a refund.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Verified">1 if a secret key told of it, else 0.</param>
/// <param name="Journey">The journey.</param>
/// <param name="Intervention">The message that it is attributed to.</param>
/// <param name="Touch">How it is attributed: by a click or a view.</param>
sealed record ConversionRow(string CartId, DateTime At, double Value, string Currency, long Verified, long Journey, string? Intervention, string? Touch);

/// <summary>What came of contacting shoppers.</summary>
/// <param name="Currency">Of all amounts, ISO 4217.</param>
/// <param name="Incremental">Revenue that would not have come anyway.</param>
/// <param name="Attributed">Orders after a click or a view of a message.</param>
/// <param name="Treated">Shoppers that campaigns turned to.</param>
/// <param name="Holdout">Shoppers that were left alone by chance.</param>
sealed record RevenueAnswer(
    string Currency, IncrementalAnswer Incremental, AttributedAnswer Attributed, SpendingAnswer Treated, SpendingAnswer Holdout);

/// <summary>Revenue that would not have come anyway: what the treated spent more than as many of those left alone (Welch).</summary>
/// <param name="Revenue">The estimate.</param>
/// <param name="Low">Its lower bound; null where too few were left alone to say.</param>
/// <param name="High">Its upper bound.</param>
/// <param name="Confidence">How often such bounds hold the truth, 0–1.</param>
sealed record IncrementalAnswer(decimal Revenue, decimal? Low, decimal? High, double Confidence);

/// <summary>Orders after a click or a view of a message, verified by the shop, refunds taken off.</summary>
/// <param name="Revenue">Their value.</param>
/// <param name="Orders">How many.</param>
sealed record AttributedAnswer(decimal Revenue, long Orders);

/// <summary>What a group of shoppers spent.</summary>
/// <param name="Customers">How many there are.</param>
/// <param name="Revenue">What they spent together.</param>
sealed record SpendingAnswer(long Customers, decimal Revenue);
