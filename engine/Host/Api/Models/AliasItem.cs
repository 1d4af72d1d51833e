using CartRecovery.Engine.Models;

namespace CartRecovery.Host.Api.Models;

/// <summary>An alias.</summary>
/// <param name="Alias">The alias: `champion`, `canary`, `shadow`, `v0`, or one's own.</param>
/// <param name="Version">The id of the version.</param>
/// <param name="At">When it was moved there.</param>
/// <param name="By">Who moved it, as in the audit log.</param>
/// <param name="Why">The reason.</param>
sealed record AliasItem(string Alias, string Version, DateTime At, string By, string Why)
{
    /// <summary>Describes an alias.</summary>
    public static AliasItem Of(ModelAlias alias) => new(alias.Name, alias.Version, alias.At.UtcDateTime, alias.By, alias.Why);
}
