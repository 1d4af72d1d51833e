namespace CartRecovery.Host.Api.DeadLetters;

/// <summary>The outcome of a dead letter's replay.</summary>
/// <param name="Id">The dead letter's number.</param>
/// <param name="Outcome">replayed, already_replayed, dropped, not_repairable, refused or not_found.</param>
/// <param name="EventId">The id its event was accepted under, now or earlier.</param>
/// <param name="Code">The code of the rule it breaks.</param>
/// <param name="Message">What is wrong with it.</param>
sealed record DeadLetterOutcome(long Id, string Outcome, string? EventId = null, string? Code = null, string? Message = null);
