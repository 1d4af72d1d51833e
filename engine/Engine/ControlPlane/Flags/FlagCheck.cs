using System.Text;
using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Validates definitions of flags before they are stored.</summary>
/// <param name="isFeature">Returns whether a feature of this name exists.</param>
/// <param name="segments">Finds named segments.</param>
public sealed class FlagCheck(Func<string, bool> isFeature, IFlagSegments segments)
{
    /// <summary>Maximum length of a key and of a variant's name, in characters.</summary>
    public const int MaxKey = 128;

    /// <summary>Maximum number of variants, of rules, of conditions of a rule, and of values or stores in a list.</summary>
    public const int MaxVariants = 16, MaxRules = 32, MaxConditions = 16, MaxListed = 100;

    /// <summary>Maximum length of a value, and of a text in a condition, as UTF-8 JSON.</summary>
    public const int MaxValueBytes = 4096, MaxTextBytes = 256;

    const int MaxDescription = 500;

    static readonly string[] s_types = ["boolean", "string", "number", "object"];

    /// <summary>Returns whether a text is valid as a key or the name of a variant.</summary>
    public static bool IsKey(string? text) => text is { Length: > 0 and <= MaxKey } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

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
        if (variants is not { Count: > 0 and <= MaxVariants } || variants.Keys.FirstOrDefault(name => !IsKey(name)) is not null)
        {
            return $"variants: expected 1 to {MaxVariants}, whose names are letters, digits, '-', '_' and '.', at most {MaxKey}";
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

    /// <summary>Validates conditions. Returns the first problem, beginning with the field; <see langword="null"/> if they are valid.</summary>
    public string? ProblemOf(IReadOnlyList<FlagCondition> conditions) => conditions.Count > MaxConditions ? $"conditions: expected at most {MaxConditions}"
        : conditions.Select((condition, i) => ProblemOf(condition) is { } problem ? $"conditions[{i}]{problem}" : null).FirstOrDefault(problem => problem is not null);

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

        if (rule.Stores is not null && (store.Length > 0 || rule.Stores.Count is 0 or > MaxListed || rule.Stores.Any(id => Encoding.UTF8.GetByteCount(id) > 64)))
        {
            return store.Length > 0 ? "stores: the flag is this store's; only a shared flag names stores" : $"stores: expected 1 to {MaxListed} stores' ids";
        }

        // A segment belongs to a store, and the stores of a shared flag need not all have it.
        if (rule.Segment is { } segment && (segment.Length > MaxKey || store.Length == 0 || segments.Find(store, segment) is null))
        {
            return store.Length == 0 ? "segment: a shared flag cannot name one; use conditions" : $"segment: the store has no segment '{(segment.Length > MaxKey ? segment[..MaxKey] : segment)}'";
        }

        return ProblemOf(rule.Conditions ?? []);
    }

    string? ProblemOf(FlagCondition condition)
    {
        string?[] sources = [condition.Feature, condition.Customer, condition.Attribute];
        if (sources.Count(source => source is not null) != 1)
        {
            return ": expected one of feature, customer and attribute";
        }

        if (condition.Feature is { } feature && !isFeature(feature))
        {
            return $".feature: unknown feature '{(feature.Length > MaxKey ? feature[..MaxKey] : feature)}'; see GET /v1/features/definitions";
        }

        if ((condition.Customer ?? condition.Attribute) is { Length: 0 or > MaxKey })
        {
            return $": expected a name of 1 to {MaxKey} characters";
        }

        if (!condition.HasBound && condition.EqualTo is null && condition.In is null)
        {
            return ": expected above, atLeast, below, atMost, equals or in";
        }

        if (condition.In is { Count: 0 or > MaxListed })
        {
            return $".in: expected 1 to {MaxListed} values";
        }

        foreach (var value in (condition.In ?? []).Concat(condition.EqualTo is { } equal ? [equal] : []))
        {
            var isFine = condition.Feature is not null ? value.ValueKind == JsonValueKind.Number
                : value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False || (value.ValueKind == JsonValueKind.String && IsText(value));
            if (!isFine || Encoding.UTF8.GetByteCount(value.GetRawText()) > MaxTextBytes)
            {
                return condition.Feature is not null ? ": a feature is compared with numbers" : $": expected numbers, Booleans, or texts of at most {MaxTextBytes} bytes";
            }
        }

        return null;
    }

    // Rejects a text with an unpaired surrogate, which an escape can produce: comparing it would throw.
    static bool IsText(JsonElement value)
    {
        try
        {
            return value.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    static bool IsOf(JsonElement value, string type) => type switch
    {
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()),
        _ => value.ValueKind == JsonValueKind.Object,
    };
}
