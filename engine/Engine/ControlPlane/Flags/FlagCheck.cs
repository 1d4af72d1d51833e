using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Validates definitions of flags before they are stored.</summary>
/// <param name="isFeature">Returns whether a feature of this name exists.</param>
/// <param name="segments">Finds named segments.</param>
public sealed class FlagCheck(Func<string, bool> isFeature, IDefinitions<SegmentDefinition> segments)
{
    /// <summary>Maximum number of variants, of rules, and of stores in a rule.</summary>
    public const int MaxVariants = 16, MaxRules = 32, MaxStores = 100;

    /// <summary>Maximum length of a value, as UTF-8 JSON.</summary>
    public const int MaxValueBytes = 4096;

    const int MaxDescription = 500;

    static readonly string[] s_types = ["boolean", "string", "number", "object"];

    readonly ConditionCheck _conditions = new(isFeature);

    /// <summary>Validates a definition. Returns the first problem, beginning with the field; <see langword="null"/> if it is valid.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="store">The store's id; empty for a flag that all stores share.</param>
    public string? ProblemOf(FlagDefinition definition, string store)
    {
        if (!s_types.Contains(definition.Type))
        {
            return "type: expected boolean, string, number or object";
        }

        if (definition.Description?.Length > MaxDescription)
        {
            return $"description: expected at most {MaxDescription} characters";
        }

        var variants = definition.Variants;
        if (variants is not { Count: > 0 and <= MaxVariants } || variants.Keys.FirstOrDefault(name => !DefinitionName.IsValid(name)) is not null)
        {
            return $"variants: expected 1 to {MaxVariants}, whose names are {DefinitionName.Rule}";
        }

        foreach (var (name, value) in variants)
        {
            if (!IsOf(value, definition.Type!) || Encoding.UTF8.GetByteCount(value.GetRawText()) > MaxValueBytes)
            {
                return $"variants.{name}: expected a {definition.Type} of at most {MaxValueBytes} bytes";
            }
        }

        return definition.DefaultVariant is null || !variants.ContainsKey(definition.DefaultVariant) ? "defaultVariant: expected the name of a variant"
            : definition.Rules?.Count > MaxRules ? $"rules: expected at most {MaxRules}"
            : (definition.Rules ?? []).Select((rule, i) => ProblemOf(rule, variants.Keys, store) is { } problem ? $"rules[{i}].{problem}" : null).FirstOrDefault(problem => problem is not null);
    }

    string? ProblemOf(FlagRule rule, IEnumerable<string> variants, string store)
    {
        if (rule.Variant is null || !variants.Contains(rule.Variant))
        {
            return "variant: expected the name of a variant";
        }

        if (rule.Percentage is < 0 or > 100 or double.NaN)
        {
            return "percentage: expected 0 to 100";
        }

        if (rule.Stores is not null && (store.Length > 0 || rule.Stores.Count is 0 or > MaxStores || rule.Stores.Any(id => Encoding.UTF8.GetByteCount(id) > 64)))
        {
            return store.Length > 0 ? "stores: the flag is this store's; only a shared flag names stores" : $"stores: expected 1 to {MaxStores} stores' ids";
        }

        // A segment belongs to a store, and the stores of a shared flag need not all have it.
        if (rule.Segment is { } segment && (segment.Length > DefinitionName.MaxLength || store.Length == 0 || segments.Find(store, segment) is null))
        {
            return store.Length == 0 ? "segment: a shared flag cannot name one; use conditions" : $"segment: the store has no segment '{(segment.Length > DefinitionName.MaxLength ? segment[..DefinitionName.MaxLength] : segment)}'";
        }

        return _conditions.ProblemOf(rule.Conditions ?? []);
    }

    static bool IsOf(JsonElement value, string type) => type switch
    {
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()),
        _ => value.ValueKind == JsonValueKind.Object,
    };
}
