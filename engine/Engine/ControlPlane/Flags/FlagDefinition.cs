using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>What a feature flag evaluates to, and for whom.</summary>
/// <param name="Type">boolean, string, number or object: the type of all variants.</param>
/// <param name="Variants">The possible values by name; 1 to 16.</param>
/// <param name="DefaultVariant">The variant for everybody whom no rule gives another one, and while the flag is not enabled.</param>
/// <param name="Description">What it is for; at most 500 characters.</param>
/// <param name="Enabled">Whether the rules apply.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate it.</param>
/// <param name="Rules">Who gets another variant. The first rule that matches decides; at most 32.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FlagDefinition(
    string? Type, IReadOnlyDictionary<string, JsonElement>? Variants, string? DefaultVariant, string? Description = null, bool Enabled = true, bool VisibleToClients = false,
    IReadOnlyList<FlagRule>? Rules = null);
