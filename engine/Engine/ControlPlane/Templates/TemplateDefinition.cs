using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Definitions;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>The texts of a message, in Liquid. Campaigns refer to it.</summary>
/// <param name="Message">The text.</param>
/// <param name="Subject">A heading, or an e-mail's subject; one line. Required for e-mail.</param>
/// <param name="Html">The message as HTML, whose values are escaped.</param>
/// <param name="Description">What the template is for; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TemplateDefinition(string? Message, string? Subject = null, string? Html = null, string? Description = null)
{
    /// <summary>Maximum length of a description, in characters.</summary>
    public const int MaxDescription = 500;

    /// <summary>How templates are stored.</summary>
    public static DefinitionKind<TemplateDefinition> Kind { get; } = new()
    {
        Terms = new DefinitionTerms("template", "name", ControlRefusalException.TemplateExists, ControlRefusalException.TemplateChanged, ControlRefusalException.TooManyTemplates,
            ControlRefusalException.TemplateInUse),
        Limits = new DefinitionLimits(PerStore: 200, Total: 2_000, Bytes: 64 * 1024, AllBytes: 4 << 20),
        Topic = "templates",
        Json = TemplateJson.Default.TemplateDefinition,
        Table = SqlPart.Of($"templates"),
        Versions = SqlPart.Of($"template_versions"),
        Column = SqlPart.Of($"name"),
        NamesInCampaign = TemplateUses.OfCampaign,
    };
}
