using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>Gives some of those who ask for a flag a variant. All of its parts must hold.</summary>
/// <param name="Variant">The variant.</param>
/// <param name="Percentage">
/// The share of targeting keys, 0 to 100, by a hash of the flag and the key: who is in stays in when it is raised. Absent for everybody.
/// </param>
/// <param name="Stores">The stores, for a flag that all stores share; absent for all.</param>
/// <param name="Segment">A named segment.</param>
/// <param name="Conditions">Conditions; at most 16.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FlagRule(
    string? Variant, double? Percentage = null, IReadOnlyList<string>? Stores = null, string? Segment = null, IReadOnlyList<FlagCondition>? Conditions = null);
