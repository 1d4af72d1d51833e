namespace CartRecovery.Host.Api.Analytics;

/// <summary>
/// Message outcomes on a channel. The messages planned are those sent, failed, rejected, bounced, soft-bounced, withheld, waiting, postponed
/// and being sent.
/// </summary>
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
/// <param name="SoftBounced">Messages to mailboxes that were full or disabled.</param>
/// <param name="Withheld">Messages not sent for another reason.</param>
/// <param name="Waiting">Messages scheduled, and not tried yet.</param>
/// <param name="Postponed">Messages that were tried and are scheduled again.</param>
/// <param name="Sending">Messages that the sink has not reported on.</param>
sealed record ChannelRow(
    string Channel, long Planned, long Sent, long Delivered, long Opened, long Clicked, long Dismissed, long Failed, long Rejected, long Bounced,
    long SoftBounced, long Withheld, long Waiting, long Postponed, long Sending);
