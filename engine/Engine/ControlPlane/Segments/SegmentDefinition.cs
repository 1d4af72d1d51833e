using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>The members of a segment, by conditions.</summary>
/// <param name="Conditions">Conditions on features of the cart and attributes of the customer, which must all hold; 1 to 16.</param>
/// <param name="Description">A description of the members; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SegmentDefinition(IReadOnlyList<FlagCondition>? Conditions, string? Description = null)
{
    const int MaxDescription = 500;

    /// <summary>Validates the definition. Returns the first problem, beginning with the field; <see langword="null"/> if it is valid.</summary>
    /// <param name="check">Validates the conditions.</param>
    public string? ProblemOf(FlagCheck check) => Description?.Length > MaxDescription ? $"description: expected at most {MaxDescription} characters"
        : Conditions is not { Count: > 0 } ? $"conditions: expected 1 to {FlagCheck.MaxConditions}"
        : Conditions.Select((condition, i) => condition.Attribute is null ? null
            : $"conditions[{i}].attribute: campaigns have no evaluation context; compare a feature or an attribute of the customer").FirstOrDefault(problem => problem is not null)
            ?? check.ProblemOf(Conditions);
}
