using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>The outcome of a delivery by a sink.</summary>
/// <param name="Intervention">The message.</param>
/// <param name="Reason">Why it was not delivered; <see cref="WithheldReason.Postponed"/> if it is tried again.</param>
/// <param name="Detail">The sink's explanation.</param>
/// <param name="After">Of a postponed one, the minimum wait (ms); 0 if it was not tried.</param>
sealed record DeliveryCompleted(Intervention Intervention, WithheldReason Reason, string? Detail, long? After);
