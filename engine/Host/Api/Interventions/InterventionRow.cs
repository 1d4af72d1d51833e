namespace CartRecovery.Host.Api.Interventions;

/// <summary>A message to a shopper: planned, sent or withheld.</summary>
/// <param name="Id">Its id, which receivers may go by: `iv_` and 32 hexadecimal digits.</param>
/// <param name="Campaign">The campaign.</param>
/// <param name="Variant">The side of the campaign's experiment.</param>
/// <param name="Step">The step of the campaign, from 1.</param>
/// <param name="Channel">Where it goes: `socket`, or a sink's name.</param>
/// <param name="Offer">What is offered.</param>
/// <param name="Propensity">How likely this offer was to be chosen, 0–1.</param>
/// <param name="CartId">The cart.</param>
/// <param name="UserId">The customer, if known.</param>
/// <param name="State">scheduled, sending, sent or withheld.</param>
/// <param name="Reason">Why it was not sent.</param>
/// <param name="Detail">What its sink said.</param>
/// <param name="DecidedAt">When it was decided.</param>
/// <param name="DueAt">When it is to go out.</param>
/// <param name="UsefulUntil">When it is of no more use.</param>
/// <param name="SentAt">When it was handed over.</param>
/// <param name="DeliveredAt">When the receiver had it.</param>
/// <param name="OpenedAt">When it was first opened.</param>
/// <param name="ClickedAt">When it was first clicked.</param>
/// <param name="DismissedAt">When it was dismissed.</param>
/// <param name="EndedAt">When it was settled: sent or withheld.</param>
/// <param name="Message">Its text.</param>
sealed record InterventionRow(
    string Id, string Campaign, string Variant, long Step, string Channel, string Offer, double Propensity, string CartId, string? UserId, string State,
    string? Reason, string? Detail, DateTime DecidedAt, DateTime DueAt, DateTime UsefulUntil, DateTime? SentAt, DateTime? DeliveredAt, DateTime? OpenedAt,
    DateTime? ClickedAt, DateTime? DismissedAt, DateTime? EndedAt, string? Message);
