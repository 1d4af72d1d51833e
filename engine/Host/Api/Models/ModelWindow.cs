namespace CartRecovery.Host.Api.Models;

/// <summary>The time of the training events.</summary>
/// <param name="From">The first event.</param>
/// <param name="To">The end, exclusive.</param>
sealed record ModelWindow(DateTime From, DateTime To);
