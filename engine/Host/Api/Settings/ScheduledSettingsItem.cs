using System.Text.Json.Nodes;
using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Api.Settings;

/// <summary>A scheduled change.</summary>
/// <param name="Id">Its id.</param>
/// <param name="At">When it is due.</param>
/// <param name="CreatedAt">When it was scheduled.</param>
/// <param name="By">The actor who scheduled it, as in the audit log.</param>
/// <param name="Reason">The reason; may be empty.</param>
/// <param name="Operation">set, merge, remove or replace.</param>
/// <param name="Path">The key; empty for all settings.</param>
/// <param name="Value">The value.</param>
/// <param name="State">pending, applied, failed or cancelled.</param>
/// <param name="Problem">Why it failed; null if it did not.</param>
/// <param name="Version">The version that it made; null if it made none.</param>
sealed record ScheduledSettingsItem(
    string Id, DateTime At, DateTime CreatedAt, string By, string Reason, string Operation, string Path, JsonNode? Value, string State, string? Problem, long? Version)
{
    /// <summary>Describes a scheduled change.</summary>
    public static ScheduledSettingsItem Of(ScheduledSettings change) => new(change.Id, change.ApplyAt.UtcDateTime, change.CreatedAt.UtcDateTime, change.By, change.Reason, change.Operation,
        change.Path, JsonNode.Parse(change.Value), change.State, change.Problem, change.Version);
}
