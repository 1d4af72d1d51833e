using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Reading;

namespace CartRecovery.Engine.Configuration.Security;

/// <summary>Generates the JSON Schema of a secret: the text itself, or where it is read from.</summary>
static class SecretSchema
{
    /// <summary>Creates a schema for a text or a source.</summary>
    public static JsonObject Of(JsonObject text)
    {
        var file = new JsonObject
        {
            ["description"] = "The file that holds it, relative to the folder of the configuration file.",
            ["type"] = "string",
        };
        var command = new JsonObject
        {
            ["description"] = "The program that prints it, and its arguments.",
            ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = "string" },
            ["minItems"] = 1,
        };
        var vault = new JsonObject
        {
            ["description"] = "Its path and field in the Vault of secrets.vault: PATH#FIELD.",
            ["type"] = "string",
        };
        return new JsonObject
        {
            ["anyOf"] = new JsonArray(text, Source(SecretSource.File, file), Source(SecretSource.Command, command),
            Source(SecretSource.Vault, vault))
        };
    }

    static JsonObject Source(string name, JsonObject schema) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [name] = schema },
        ["additionalProperties"] = false,
        ["required"] = new JsonArray((JsonNode)name),
    };
}
