using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Host.Api.Flags;

/// <summary>A feature flag.</summary>
/// <param name="Key">The flag's key.</param>
/// <param name="Shared">Whether all stores share it. A store's own flag with the same key replaces it in that store.</param>
/// <param name="Type">boolean, string, number or object.</param>
/// <param name="Description">The flag's purpose; null if not given.</param>
/// <param name="Enabled">Whether the rules apply.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate it.</param>
/// <param name="Variants">The possible values by name.</param>
/// <param name="DefaultVariant">The variant if no rule matches.</param>
/// <param name="Rules">The rules. For a shared flag, those that concern the store.</param>
/// <param name="Version">A text that every change replaces: the ETag.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="UpdatedBy">The actor who last changed it, as in the audit log.</param>
sealed record FlagItem(
    string Key, bool Shared, string Type, string? Description, bool Enabled, bool VisibleToClients, IReadOnlyDictionary<string, JsonElement> Variants, string DefaultVariant,
    IReadOnlyList<FlagRule> Rules, string Version, DateTime UpdatedAt, string UpdatedBy)
{
    /// <summary>Describes a flag.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="store">The store whose rules to show; <see langword="null"/> for all rules.</param>
    public static FlagItem Of(FeatureFlag flag, string? store)
    {
        // A key of one store must not reveal the names of other stores.
        var rules = store is null || !flag.IsShared ? flag.Rules
            : [.. flag.Rules.Where(rule => rule.Stores?.Contains(store) != false).Select(rule => rule with { Stores = rule.Stores is null ? null : [store] })];
        var definition = flag.Definition;
        return new FlagItem(flag.Key, flag.IsShared, definition.Type!, definition.Description, definition.Enabled, definition.VisibleToClients, definition.Variants!,
            definition.DefaultVariant!, rules, flag.Version, flag.UpdatedAt.UtcDateTime, flag.UpdatedBy);
    }
}
