namespace CartRecovery.Engine.Models;

/// <summary>A move of an alias.</summary>
/// <param name="Number">1 for the first move of any alias of the model, without gaps.</param>
/// <param name="Alias">The alias.</param>
/// <param name="From">The id of the former version; <see langword="null"/> if it was new.</param>
/// <param name="To">The id of the new version; <see langword="null"/> if it was removed.</param>
/// <param name="At">When.</param>
/// <param name="By">Who, as in the audit log.</param>
/// <param name="Why">The reason.</param>
public sealed record ModelAliasChange(long Number, string Alias, string? From, string? To, DateTimeOffset At, string By, string Why)
{
    /// <summary>Whether the alias went back to a version that it had named before.</summary>
    public bool IsRollback { get; init; }
}
