using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Definitions;

namespace CartRecovery.Engine.ControlPlane.Targeting;

/// <summary>Validates conditions before they are stored.</summary>
/// <param name="isFeature">Returns whether a feature of this name exists.</param>
public sealed class ConditionCheck(Func<string, bool> isFeature)
{
    /// <summary>Maximum number of conditions of a rule or a segment, and of values in a list.</summary>
    public const int MaxConditions = 16, MaxListed = 100;

    /// <summary>Maximum length of a text in a condition, as UTF-8 JSON.</summary>
    public const int MaxTextBytes = 256;

    /// <summary>Validates conditions. Returns the first problem, beginning with the field; <see langword="null"/> if they are valid.</summary>
    public string? ProblemOf(IReadOnlyList<TargetingCondition> conditions) => conditions.Count > MaxConditions ? $"conditions: expected at most {MaxConditions}"
        : conditions.Select((condition, i) => ProblemOf(condition) is { } problem ? $"conditions[{i}]{problem}" : null).FirstOrDefault(problem => problem is not null);

    string? ProblemOf(TargetingCondition condition)
    {
        string?[] sources = [condition.Feature, condition.Customer, condition.Attribute];
        if (sources.Count(source => source is not null) != 1)
        {
            return ": expected one of feature, customer and attribute";
        }

        if (condition.Feature is { } feature && !isFeature(feature))
        {
            return $".feature: unknown feature '{(feature.Length > DefinitionName.MaxLength ? feature[..DefinitionName.MaxLength] : feature)}'; see GET /v1/features/definitions";
        }

        if ((condition.Customer ?? condition.Attribute) is { Length: 0 or > DefinitionName.MaxLength })
        {
            return $": expected a name of 1 to {DefinitionName.MaxLength} characters";
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
}
