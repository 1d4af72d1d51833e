namespace CartRecovery.Host.Api.Events;

/// <summary>What became of a request that is an event.</summary>
/// <param name="Duplicate">Whether it had counted before, and changed nothing.</param>
sealed record SentEvent(bool Duplicate);
