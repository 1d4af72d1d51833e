using System.Text.Json;
using System.Text.Json.Nodes;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>Finds references to templates.</summary>
static class TemplateUses
{
    /// <summary>Returns the templates that a campaign's definition names: for its message, its steps, and those of its variants.</summary>
    public static IEnumerable<string> OfCampaign(JsonObject campaign) => new[] { campaign }.Concat(StepsOf(campaign))
        .Concat(ObjectsIn(campaign["variants"]).SelectMany(StepsOf)).Select(TemplateOf).OfType<string>();

    static IEnumerable<JsonObject> StepsOf(JsonObject section) => ObjectsIn(section["steps"]);

    static IEnumerable<JsonObject> ObjectsIn(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    static string? TemplateOf(JsonObject section) => section["template"] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
