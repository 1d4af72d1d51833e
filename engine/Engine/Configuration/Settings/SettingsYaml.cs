using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CartRecovery.Engine.Configuration.Settings;

/// <summary>Writes changes of the settings as YAML, for the file.</summary>
public static class SettingsYaml
{
    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes what changes set, with the values in force. A list is written as a whole.</summary>
    /// <param name="overlay">The changes.</param>
    /// <param name="inForce">The settings in force that are written, as <see cref="SettingsView"/> shows them.</param>
    public static string Write(SettingsOverlay overlay, JsonObject inForce)
    {
        var text = new StringBuilder();
        if (overlay.IsEmpty)
        {
            return "# Nothing: the settings in force are the file's.\n";
        }

        text.Append("# Put this into the configuration file, then take the changes back: cartrecovery config reset.\n");
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"# Secrets are {SettingsView.Masked}: write where they come from.\n");
        Map(text, Chosen(overlay.ToNode(), inForce, "", text), "");
        return text.ToString();
    }

    static JsonObject Chosen(JsonObject changes, JsonObject inForce, string path, StringBuilder comments)
    {
        var chosen = new JsonObject();
        foreach (var (name, value) in changes)
        {
            var at = SettingsPath.Join(path, name);
            if (value is null)
            {
                comments.Append(System.Globalization.CultureInfo.InvariantCulture, $"# Remove {at}.\n");
            }
            else if (inForce.TryGetPropertyValue(name, out var now))
            {
                chosen[name] = value is JsonObject inner && now is JsonObject section ? Chosen(inner, section, at, comments) : now?.DeepClone();
            }
        }

        return chosen;
    }

    static void Map(StringBuilder text, JsonObject map, string indent)
    {
        foreach (var (name, value) in map)
        {
            text.Append(indent).Append(Key(name)).Append(':');
            Value(text, value, indent + "  ");
        }
    }

    static void Value(StringBuilder text, JsonNode? value, string indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                Map(text, map, indent);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                foreach (var element in list)
                {
                    // JSON is YAML in flow style.
                    text.Append(indent).Append("- ").Append(Scalar(element)).Append('\n');
                }

                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    static string Key(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && name.Any(char.IsAsciiLetter) ? name : Scalar(name);

    static string Scalar(JsonNode? value) => WithoutNulls(value)?.ToJsonString(s_plain) ?? "null";

    // A default of none is not written.
    static JsonNode? WithoutNulls(JsonNode? value) => value switch
    {
        JsonObject map => new JsonObject(map.Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Key, WithoutNulls(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(WithoutNulls)]),
        _ => value?.DeepClone(),
    };
}
