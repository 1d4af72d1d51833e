using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>A message as a change by hand left it.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">Why it is withheld, or for what it waits.</param>
/// <param name="DueAt">When it is due (ms since 1970 UTC).</param>
/// <param name="UsefulUntil">When it expires (ms since 1970 UTC).</param>
public sealed record ManualMessage(string Id, MessageState State, WithheldReason Reason, long DueAt, long UsefulUntil);
