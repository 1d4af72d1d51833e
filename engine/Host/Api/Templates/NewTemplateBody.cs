using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Templates;

namespace CartRecovery.Host.Api.Templates;

/// <summary>A new template.</summary>
/// <param name="Name">The template's name: letters, digits, `-`, `_` and `.`, at most 128.</param>
/// <param name="Message">The text, in Liquid.</param>
/// <param name="Subject">A heading, or an e-mail's subject, in Liquid; one line.</param>
/// <param name="Html">The message as HTML, in Liquid, whose values are escaped.</param>
/// <param name="Description">What the template is for; at most 500 characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewTemplateBody(string? Name, string? Message, string? Subject = null, string? Html = null, string? Description = null)
{
    /// <summary>Returns the definition.</summary>
    public TemplateDefinition ToDefinition() => new(Message, Subject, Html, Description);
}
