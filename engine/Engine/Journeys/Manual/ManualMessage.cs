using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>The state of a message after a manual change.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">Why it is not sent, or is delayed.</param>
/// <param name="DueAt">When it is due (ms since 1970 UTC).</param>
/// <param name="UsefulUntil">When it expires (ms since 1970 UTC).</param>
public sealed record ManualMessage(string Id, MessageState State, WithheldReason Reason, long DueAt, long UsefulUntil);
