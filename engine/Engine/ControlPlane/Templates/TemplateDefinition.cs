using System.Text.Json.Serialization;

namespace CartRecovery.Engine.ControlPlane.Templates;

/// <summary>The texts of a message, in Liquid.</summary>
/// <param name="Message">The text.</param>
/// <param name="Subject">A heading, or an e-mail's subject; one line. Required for e-mail.</param>
/// <param name="Html">The message as HTML, whose values are escaped.</param>
/// <param name="Description">What the template is for; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TemplateDefinition(string? Message, string? Subject = null, string? Html = null, string? Description = null)
{
    /// <summary>Maximum length of a description, in characters.</summary>
    public const int MaxDescription = 500;
}
