namespace CartRecovery.Engine.Models;

/// <summary>A move of an alias by compare-and-set.</summary>
/// <param name="Name">The model.</param>
/// <param name="Alias">The alias.</param>
/// <param name="Version">The id of the new version; <see langword="null"/> to remove the alias.</param>
/// <param name="By">Who, as in the audit log.</param>
/// <param name="Why">The reason; at most 500 characters.</param>
public sealed record ModelMove(string Name, string Alias, string? Version, string By, string Why)
{
    /// <summary>The id that the alias must name before the move; empty if it must not exist, <see langword="null"/> for any.</summary>
    public string? Expected { get; init; }

    /// <summary>Whether the alias goes back: the versions since then are not what a further rollback goes back to.</summary>
    public bool IsRollback { get; init; }
}
