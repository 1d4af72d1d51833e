using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Targeting;

/// <summary>
/// Compares a feature of the cart, an attribute of the customer, or an attribute of the evaluation context. An absent value, or one of
/// another type, never matches.
/// </summary>
/// <param name="Feature">A feature of the cart that the context names in `cartId`.</param>
/// <param name="Customer">An attribute of the customer who is the targeting key, in snake case, as `identify` events set it.</param>
/// <param name="Attribute">An attribute of the evaluation context; `targetingKey` is one.</param>
/// <param name="Above">The value is greater than this.</param>
/// <param name="AtLeast">The value is greater than or equal to this.</param>
/// <param name="Below">The value is less than this.</param>
/// <param name="AtMost">The value is less than or equal to this.</param>
/// <param name="EqualTo">The value equals this number, text or Boolean.</param>
/// <param name="In">The value is one of these; at most 100.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TargetingCondition(
    string? Feature = null, string? Customer = null, string? Attribute = null, double? Above = null, double? AtLeast = null, double? Below = null, double? AtMost = null,
    [property: JsonPropertyName("equals")] JsonElement? EqualTo = null, IReadOnlyList<JsonElement>? In = null)
{
    /// <summary>Whether the condition is a range, which only numbers can match.</summary>
    [JsonIgnore]
    public bool HasBound => (Above ?? AtLeast ?? Below ?? AtMost) is not null;

    /// <summary>The accepted values of a feature. Every comparison of a feature uses it: of flags, of segments, and of campaigns in the partitions.</summary>
    [JsonIgnore]
    public NumberRange Range => NumberRange.Of(AtLeast, Above, AtMost, Below, EqualTo?.GetDouble()) with { OneOf = In is { } values ? [.. values.Select(value => (float)value.GetDouble())] : [] };

    /// <summary>Returns whether all conditions hold for a subject.</summary>
    public static bool AllHold(IReadOnlyList<TargetingCondition> conditions, TargetingSubject subject)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            if (!conditions[i].Holds(subject))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Returns whether the condition holds.</summary>
    public bool Holds(TargetingSubject subject)
    {
        if (Feature is not null)
        {
            return subject.Feature(Feature) is { } feature && Range.Contains(feature);
        }

        var value = Customer is not null ? subject.CustomerAttribute(Customer) : subject.Attribute(Attribute!);
        return (!HasBound || IsWithin(value)) && (EqualTo is not { } other || AreEqual(value, other)) && (In is null || In.Any(one => AreEqual(value, one)));
    }

    bool IsWithin(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number
        && number > (Above ?? double.NegativeInfinity) && number >= (AtLeast ?? double.NegativeInfinity)
        && number < (Below ?? double.PositiveInfinity) && number <= (AtMost ?? double.PositiveInfinity);

    static bool AreEqual(JsonElement value, JsonElement other) => value.ValueKind == other.ValueKind && value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals(other.GetString()),
        JsonValueKind.Number => value.GetDouble() == other.GetDouble(),
        JsonValueKind.True or JsonValueKind.False => true,
        _ => false,
    };
}
