namespace CartRecovery.Engine.Models;

/// <summary>The time of the events that a model was trained on.</summary>
/// <param name="From">The first event.</param>
/// <param name="To">The end, exclusive.</param>
public sealed record TrainingWindow(DateTimeOffset From, DateTimeOffset To);
