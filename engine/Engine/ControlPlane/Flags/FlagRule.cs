using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Selects a variant for some subjects. All of its conditions must hold.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Percentage">
/// The share of targeting keys, 0 to 100, by a hash of the flag and the key. Raising it only adds keys. Absent for all.
/// </param>
/// <param name="Stores">The stores in which a shared flag matches; absent for all.</param>
/// <param name="Segment">A named segment.</param>
/// <param name="Conditions">Conditions; at most 16.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FlagRule(
    string? Variant, double? Percentage = null, IReadOnlyList<string>? Stores = null, string? Segment = null, IReadOnlyList<TargetingCondition>? Conditions = null);
