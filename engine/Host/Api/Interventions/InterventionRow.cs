namespace CartRecovery.Host.Api.Interventions;

/// <summary>A message to a shopper: scheduled, sent or withheld.</summary>
/// <param name="Id">The idempotency key for receivers: `iv_` and 32 hexadecimal digits.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The variant.</param>
/// <param name="Step">The step of the campaign, from 1.</param>
/// <param name="Channel">`socket`, or a sink's name.</param>
/// <param name="Offer">The offer.</param>
/// <param name="Propensity">The probability with which this offer was chosen, 0–1.</param>
/// <param name="CartId">The cart.</param>
/// <param name="UserId">The customer, if known.</param>
/// <param name="State">scheduled, sending, sent or withheld.</param>
/// <param name="Reason">Why it was withheld.</param>
/// <param name="Detail">The sink's message.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="DueAt">When it is scheduled to be sent.</param>
/// <param name="UsefulUntil">When it expires.</param>
/// <param name="SentAt">When it was handed to the sink.</param>
/// <param name="DeliveredAt">When it was delivered.</param>
/// <param name="OpenedAt">When it was first opened.</param>
/// <param name="ClickedAt">When it was first clicked.</param>
/// <param name="DismissedAt">When it was dismissed.</param>
/// <param name="EndedAt">When its final state, sent or withheld, was reached.</param>
/// <param name="Message">The text.</param>
sealed record InterventionRow(
    string Id, string Campaign, string Variant, long Step, string Channel, string Offer, double Propensity, string CartId, string? UserId, string State,
    string? Reason, string? Detail, DateTime DecidedAt, DateTime DueAt, DateTime UsefulUntil, DateTime? SentAt, DateTime? DeliveredAt, DateTime? OpenedAt,
    DateTime? ClickedAt, DateTime? DismissedAt, DateTime? EndedAt, string? Message);
