using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Settings;

namespace CartRecovery.Host.Settings;

/// <summary>A change of one key, or of all settings.</summary>
/// <param name="Operation">set, merge, remove or replace.</param>
/// <param name="Path">The key; empty for all settings.</param>
/// <param name="Value">The value.</param>
sealed record SettingsEdit(string Operation, string Path, JsonNode? Value = null)
{
    /// <summary>The value takes the place of what the API changed in the key.</summary>
    public const string Set = "set";

    /// <summary>The value is merged into the key, as RFC 7396 says.</summary>
    public const string Merge = "merge";

    /// <summary>The file's value counts again.</summary>
    public const string Remove = "remove";

    /// <summary>The value takes the place of all changes.</summary>
    public const string Replace = "replace";

    /// <summary>Returns the change that a scheduled one makes.</summary>
    public static SettingsEdit Of(ScheduledSettings scheduled) => new(scheduled.Operation, scheduled.Path, JsonNode.Parse(scheduled.Value));

    /// <summary>Makes the change.</summary>
    /// <exception cref="SettingsException">It cannot be made.</exception>
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
