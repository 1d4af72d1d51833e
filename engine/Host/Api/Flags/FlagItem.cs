using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Host.Api.Flags;

/// <summary>A feature flag.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Shared">Whether all stores share it. A store's own flag with the same key takes its place.</param>
/// <param name="Type">boolean, string, number or object.</param>
/// <param name="Description">What it is for; null if nobody said.</param>
/// <param name="Enabled">Whether the rules apply.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate it.</param>
/// <param name="Variants">The possible values by name.</param>
/// <param name="DefaultVariant">The variant for everybody whom no rule gives another one.</param>
/// <param name="Rules">Who gets another variant. Of a shared flag, those about the store.</param>
/// <param name="Version">A text that is new after each change: the ETag.</param>
/// <param name="UpdatedAt">When it was changed.</param>
/// <param name="UpdatedBy">Who changed it, as in the audit log.</param>
sealed record FlagItem(
    string Key, bool Shared, string Type, string? Description, bool Enabled, bool VisibleToClients, IReadOnlyDictionary<string, JsonElement> Variants, string DefaultVariant,
    IReadOnlyList<FlagRule> Rules, string Version, DateTime UpdatedAt, string UpdatedBy)
{
    /// <summary>Describes a flag.</summary>
    /// <param name="flag">The flag.</param>
    /// <param name="store">The store whose rules are shown; <see langword="null"/> for those of all stores.</param>
    public static FlagItem Of(FeatureFlag flag, string? store)
    {
        // The names of a company's other stores are not for everybody who has a key.
        var rules = store is null || !flag.IsShared ? flag.Rules
            : [.. flag.Rules.Where(rule => rule.Stores?.Contains(store) != false).Select(rule => rule with { Stores = rule.Stores is null ? null : [store] })];
        var definition = flag.Definition;
        return new FlagItem(flag.Key, flag.IsShared, definition.Type!, definition.Description, definition.Enabled, definition.VisibleToClients, definition.Variants!,
            definition.DefaultVariant!, rules, flag.Version, flag.UpdatedAt.UtcDateTime, flag.UpdatedBy);
    }
}
