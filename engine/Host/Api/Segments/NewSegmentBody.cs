using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Host.Api.Segments;

/// <summary>A new segment.</summary>
/// <param name="Key">The segment's key: letters, digits, `-`, `_` and `.`, at most 128.</param>
/// <param name="Conditions">Conditions on features of the cart and attributes of the customer, which must all hold; 1 to 16.</param>
/// <param name="Description">A description of the members; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewSegmentBody(string? Key, IReadOnlyList<TargetingCondition>? Conditions, string? Description = null)
{
    /// <summary>Returns the definition.</summary>
    public SegmentDefinition ToDefinition() => new(Conditions, Description);
}
