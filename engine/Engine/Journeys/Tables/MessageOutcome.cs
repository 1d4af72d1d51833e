using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>The state of a message after a step of its processing.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why it is withheld or deferred.</param>
/// <param name="Message">What was sent; <see langword="null"/> if nothing.</param>
/// <param name="Until">New due time; <see langword="null"/> for the planned one.</param>
/// <param name="Detail">The reason in detail.</param>
/// <param name="Country">The store's country, by whose telephone numbers the message's text is masked; <see langword="null"/> for none.</param>
public readonly record struct MessageOutcome(
    MessageState State, WithheldReason Reason = WithheldReason.None, Intervention? Message = null, long? Until = null, string? Detail = null, string? Country = null);
