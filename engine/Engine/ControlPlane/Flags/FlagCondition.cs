using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Flags;

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
public sealed record FlagCondition(
    string? Feature = null, string? Customer = null, string? Attribute = null, double? Above = null, double? AtLeast = null, double? Below = null, double? AtMost = null,
    [property: JsonPropertyName("equals")] JsonElement? EqualTo = null, IReadOnlyList<JsonElement>? In = null)
{
    /// <summary>Whether the condition is a range, which only numbers can match.</summary>
    [JsonIgnore]
    public bool HasBound => (Above ?? AtLeast ?? Below ?? AtMost) is not null;

    /// <summary>Returns whether the condition holds.</summary>
    public bool Holds(FlagSubject subject)
    {
        if (Feature is not null)
        {
            // Compare as floats, the type of features, as conditions of campaigns do: 19.99 is at least 19.99.
            return subject.Feature(Feature) is { } feature && feature > (float)(Above ?? double.NegativeInfinity) && feature >= (float)(AtLeast ?? double.NegativeInfinity)
                && feature < (float)(Below ?? double.PositiveInfinity) && feature <= (float)(AtMost ?? double.PositiveInfinity)
                && (EqualTo is not { } expected || feature == (float)expected.GetDouble()) && (In is null || In.Any(one => feature == (float)one.GetDouble()));
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
