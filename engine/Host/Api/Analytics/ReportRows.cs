namespace CartRecovery.Host.Api.Analytics;

/// <summary>Results of a variant of a campaign.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Shoppers">Shoppers in it.</param>
/// <param name="Journeys">Journeys that began.</param>
/// <param name="Holdout">Journeys of shoppers in the holdout.</param>
/// <param name="Sent">Messages sent.</param>
/// <param name="Delivered">Messages delivered: as `channels` counts them.</param>
/// <param name="Opened">Messages opened.</param>
/// <param name="Clicked">Messages clicked.</param>
/// <param name="Withheld">Messages not sent.</param>
/// <param name="Orders">Orders of the treated shoppers, reported by the shop's server.</param>
/// <param name="Revenue">Value of these orders, net of refunds. The sum of all rows is `treated.revenue` of the revenue report.</param>
/// <param name="AttributedOrders">Orders after a click or a view of a message.</param>
/// <param name="AttributedRevenue">Value of these orders. The sum of all rows is `attributed.revenue`.</param>
/// <param name="HoldoutOrders">Orders of the holdout.</param>
/// <param name="HoldoutRevenue">Value of these orders. The sum of all rows is `holdout.revenue`.</param>
/// <param name="ClaimedOrders">Orders of shoppers that browsers alone vouch for.</param>
/// <param name="ClaimedRevenue">Value of these orders. The sum of all rows is that of `claimed`.</param>
/// <param name="Currency">The currency of all amounts, ISO 4217.</param>
/// <param name="Stopped">Why the variant was stopped.</param>
/// <param name="SampleRatioProbability">Probability that chance alone makes the variants' sizes this uneven, 0–1; null without an experiment.</param>
/// <param name="SampleRatioMismatch">`true` if the sizes are so unlikely that variants cannot be compared.</param>
sealed record PerformanceRow(
    string Campaign, string Variant, long Shoppers, long Journeys, long Holdout, long Sent, long Delivered, long Opened, long Clicked,
    long Withheld, long Orders, double Revenue, long AttributedOrders, double AttributedRevenue, long HoldoutOrders, double HoldoutRevenue, long ClaimedOrders,
    double ClaimedRevenue, string Currency, string? Stopped, double? SampleRatioProbability, bool SampleRatioMismatch);

/// <summary>Message outcomes on a channel.</summary>
/// <param name="Channel">`socket`, or a sink's name.</param>
/// <param name="Planned">Messages decided.</param>
/// <param name="Sent">Messages handed to the sink.</param>
/// <param name="Delivered">Messages that the sink delivered, or the page showed.</param>
/// <param name="Opened">Messages opened.</param>
/// <param name="Clicked">Messages clicked.</param>
/// <param name="Dismissed">Messages dismissed.</param>
/// <param name="Failed">Messages whose delivery failed after all retries.</param>
/// <param name="Rejected">Messages rejected by the sink.</param>
/// <param name="Bounced">Messages bounced.</param>
/// <param name="Withheld">Messages not sent for another reason.</param>
/// <param name="Waiting">Messages scheduled.</param>
sealed record ChannelRow(
    string Channel, long Planned, long Sent, long Delivered, long Opened, long Clicked, long Dismissed, long Failed, long Rejected, long Bounced,
    long Withheld, long Waiting);

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

/// <summary>Messages of a campaign withheld for a reason.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Channel">The channel.</param>
/// <param name="Reason">The reason.</param>
/// <param name="Count">The number of messages.</param>
sealed record ReasonRow(string Campaign, string Channel, string Reason, long Count);

/// <summary>An order of a shopper in a campaign.</summary>
/// <param name="CartId">The cart.</param>
/// <param name="At">When it was placed.</param>
/// <param name="Value">The value; negative for a refund.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Verified">Whether it was reported with a secret key.</param>
/// <param name="Journey">The journey.</param>
/// <param name="Intervention">The message it is attributed to.</param>
/// <param name="Touch">The attribution: click or view.</param>
sealed record ConversionRow(string CartId, DateTime At, double Value, string Currency, bool Verified, long Journey, string? Intervention, string? Touch);

/// <summary>Revenue from contacting shoppers.</summary>
/// <param name="Currency">The currency of all amounts, ISO 4217.</param>
/// <param name="Incremental">Revenue caused by the campaigns.</param>
/// <param name="Attributed">Orders after a click or a view of a message.</param>
/// <param name="Treated">Shoppers in campaigns whose cart the shop's server or a user token vouched for.</param>
/// <param name="Holdout">Such shoppers in the holdout.</param>
/// <param name="Claimed">Shoppers that browsers alone vouch for. They count apart.</param>
/// <param name="Bots">Bots that would have been in a campaign. They are not contacted, and count apart.</param>
/// <param name="ByCurrency">All orders by their own currency.</param>
sealed record RevenueResponse(
    string Currency, IncrementalResponse Incremental, AttributedResponse Attributed, SpendingResponse Treated, SpendingResponse Holdout,
    ClaimedResponse Claimed, SpendingResponse Bots, IReadOnlyList<CurrencyResponse> ByCurrency);

/// <summary>Orders in one currency.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Orders">The number of orders.</param>
/// <param name="Revenue">Their value, less refunds.</param>
/// <param name="AttributedOrders">Those after a click or a view of a message.</param>
/// <param name="AttributedRevenue">Their value, less refunds.</param>
/// <param name="Converted">The revenue in the report's currency; null without an exchange rate: the other figures lack it.</param>
sealed record CurrencyResponse(string Currency, long Orders, decimal Revenue, long AttributedOrders, decimal AttributedRevenue, decimal? Converted);

/// <summary>Shoppers that browsers alone vouch for: anyone with the publishable key can make some up.</summary>
/// <param name="Treated">Those in campaigns.</param>
/// <param name="Holdout">Those in the holdout.</param>
sealed record ClaimedResponse(SpendingResponse Treated, SpendingResponse Holdout);

/// <summary>
/// Revenue caused by the campaigns: the treated shoppers' spending above that of equally many holdout shoppers, with Welch's interval.
/// </summary>
/// <param name="Revenue">The estimate; null if it cannot be made yet.</param>
/// <param name="Low">The lower bound; null without an estimate.</param>
/// <param name="High">The upper bound; null without an estimate.</param>
/// <param name="Confidence">The confidence level of the bounds, 0–1.</param>
/// <param name="Reason">Why there is no estimate yet: `no_shoppers`, `no_holdout` or `too_few_shoppers`; null if there is one.</param>
sealed record IncrementalResponse(decimal? Revenue, decimal? Low, decimal? High, double Confidence, string? Reason);

/// <summary>Orders after a click or a view of a message, verified by the shop, net of refunds.</summary>
/// <param name="Revenue">The value of the orders.</param>
/// <param name="Orders">The number of orders.</param>
sealed record AttributedResponse(decimal Revenue, long Orders);

/// <summary>Spending of a group of shoppers.</summary>
/// <param name="Customers">The number of shoppers.</param>
/// <param name="Revenue">Their total spending.</param>
sealed record SpendingResponse(long Customers, decimal Revenue);
