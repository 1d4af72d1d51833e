using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.ControlPlane.Segments;

/// <summary>The members of a segment, by conditions. Flags, experiments and campaigns refer to it.</summary>
/// <param name="Conditions">Conditions on features of the cart and attributes of the customer, which must all hold; 1 to 16.</param>
/// <param name="Description">A description of the members; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record SegmentDefinition(IReadOnlyList<TargetingCondition>? Conditions, string? Description = null)
{
    const int MaxDescription = 500;

    /// <summary>How segments are stored. The definitions that campaigns use must fit into a journal entry.</summary>
    public static DefinitionKind<SegmentDefinition> Kind { get; } = new()
    {
        Terms = new DefinitionTerms("segment", "key", ControlRefusalException.SegmentExists, ControlRefusalException.SegmentChanged, ControlRefusalException.TooManySegments,
            ControlRefusalException.SegmentInUse),
        Limits = new DefinitionLimits(PerStore: 200, Total: 2_000, Bytes: 16 * 1024, AllBytes: 1 << 20),
        Topic = "segments",
        Json = SegmentJson.Default.SegmentDefinition,
        Table = SqlPart.Of($"segments"),
        Versions = SqlPart.Of($"segment_versions"),
        Column = SqlPart.Of($"key"),
        NamesInCampaign = SegmentUses.OfCampaign,
        OtherUses = SegmentUses.OfFlagsAsync,
    };

    /// <summary>Validates the definition. Returns the first problem, beginning with the field; <see langword="null"/> if it is valid.</summary>
    /// <param name="check">Validates the conditions.</param>
    public string? ProblemOf(ConditionCheck check) => Description?.Length > MaxDescription ? $"description: expected at most {MaxDescription} characters"
        : Conditions is not { Count: > 0 } ? $"conditions: expected 1 to {ConditionCheck.MaxConditions}"
        : Conditions.Select((condition, i) => condition.Attribute is null ? null
            : $"conditions[{i}].attribute: campaigns have no evaluation context; compare a feature or an attribute of the customer").FirstOrDefault(problem => problem is not null)
            ?? check.ProblemOf(Conditions);
}
