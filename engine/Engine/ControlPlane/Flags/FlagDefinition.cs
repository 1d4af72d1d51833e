using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>The variants of a feature flag and the rules that choose one.</summary>
/// <param name="Type">The type of all variants: boolean, string, number or object.</param>
/// <param name="Variants">The possible values by name; 1 to 16.</param>
/// <param name="DefaultVariant">The variant if no rule matches, or the flag is not enabled.</param>
/// <param name="Description">The flag's purpose; at most 500 characters.</param>
/// <param name="Enabled">Whether the rules apply.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate it.</param>
/// <param name="Rules">The rules. The first one that matches decides; at most 32.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record FlagDefinition(
    string? Type, IReadOnlyDictionary<string, JsonElement>? Variants, string? DefaultVariant, string? Description = null, bool Enabled = true, bool VisibleToClients = false,
    IReadOnlyList<FlagRule>? Rules = null);
