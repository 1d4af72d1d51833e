using CartRecovery.Engine.Journeys.Manual;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Host.Api.Interventions;

/// <summary>The state of an intervention after a request.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="State">scheduled, sending, sent or withheld.</param>
/// <param name="Reason">Why it is withheld or delayed; null otherwise.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="UsefulUntil">When it expires.</param>
sealed record ScheduledIntervention(string Id, string State, string? Reason, DateTime DueAt, DateTime UsefulUntil)
{
    /// <summary>Describes a message.</summary>
    public static ScheduledIntervention Of(ManualMessage message) => new(
        message.Id, message.State.ToString().ToLowerInvariant(), message.Reason == WithheldReason.None ? null : WithheldReasons.NameOf(message.Reason),
        TimeOf(message.DueAt), TimeOf(message.UsefulUntil));

    static DateTime TimeOf(long at) => DateTimeOffset.FromUnixTimeMilliseconds(at).UtcDateTime;
}
