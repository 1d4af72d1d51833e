using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Flags;

namespace CartRecovery.Host.Api.Flags;

/// <summary>A new feature flag.</summary>
/// <param name="Key">The flag's key: letters, digits, `-`, `_` and `.`, at most 128.</param>
/// <param name="Type">The type of all variants: boolean, string, number or object.</param>
/// <param name="Variants">The possible values by name; 1 to 16.</param>
/// <param name="DefaultVariant">The variant if no rule matches, or the flag is not enabled.</param>
/// <param name="Description">The flag's purpose; at most 500 characters.</param>
/// <param name="Enabled">Whether the rules apply.</param>
/// <param name="VisibleToClients">Whether publishable keys may evaluate it.</param>
/// <param name="Rules">The rules. The first one that matches decides; at most 32.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewFlagBody(
    string? Key, string? Type, IReadOnlyDictionary<string, JsonElement>? Variants, string? DefaultVariant, string? Description = null, bool Enabled = true, bool VisibleToClients = false,
    IReadOnlyList<FlagRule>? Rules = null)
{
    /// <summary>Returns the definition.</summary>
    public FlagDefinition ToDefinition() => new(Type, Variants, DefaultVariant, Description, Enabled, VisibleToClients, Rules);
}
