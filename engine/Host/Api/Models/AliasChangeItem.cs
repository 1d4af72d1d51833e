using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Models;

/// <summary>A move of an alias.</summary>
/// <param name="Number">1 for the model's first move.</param>
/// <param name="Alias">The alias.</param>
/// <param name="From">The former version; null if it was new.</param>
/// <param name="To">The new version; null if it was removed.</param>
/// <param name="At">When.</param>
/// <param name="By">Who, as in the audit log.</param>
/// <param name="Why">The reason.</param>
sealed record AliasChangeItem(long Number, string Alias, string? From, string? To, DateTime At, string By, string Why)
{
    /// <summary>Describes a move.</summary>
    public static AliasChangeItem Of(ModelAliasChange change) => new(change.Number, change.Alias, change.From, change.To, change.At.UtcDateTime, change.By, change.Why);
}
