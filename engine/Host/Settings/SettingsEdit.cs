using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>A change of one key, or of all settings.</summary>
/// <param name="Operation">set, merge, remove or replace.</param>
/// <param name="Path">The key; empty for all settings.</param>
/// <param name="Value">The value. Unused by <see cref="Remove"/>.</param>
sealed record SettingsEdit(string Operation, string Path, JsonNode? Value = null)
{
    /// <summary>Replaces the override of the key by the value.</summary>
    public const string Set = "set";

    /// <summary>Merges the value into the key (RFC 7396).</summary>
    public const string Merge = "merge";

    /// <summary>Removes the override of the key: the file's value applies again.</summary>
    public const string Remove = "remove";

    /// <summary>Replaces all overrides by the value.</summary>
    public const string Replace = "replace";

    /// <summary>Returns the edit of a scheduled change.</summary>
    public static SettingsEdit Of(ScheduledSettings scheduled) => new(scheduled.Operation, scheduled.Path, JsonNode.Parse(scheduled.Value));

    /// <summary>Applies the edit to an overlay.</summary>
    /// <exception cref="SettingsException">The path or the value is invalid.</exception>
    public SettingsOverlay ApplyTo(SettingsOverlay overlay)
    {
        string[] names = Path.Length == 0 ? [] : SettingsPath.Split(Path)
            ?? throw new SettingsException(SettingsException.Invalid, "A path is the names of keys with dots between them: limits.batch.");
        try
        {
            return Operation switch
            {
                Set => overlay.With(names, Value),
                Merge => overlay.Merged(names, Value),
                Remove => overlay.Without(names),
                _ => SettingsOverlay.Parse(Value?.ToJsonString() ?? "null"),
            };
        }
        catch (JsonException)
        {
            throw new SettingsException(SettingsException.Invalid, "The settings must be a JSON object.");
        }
    }
}
