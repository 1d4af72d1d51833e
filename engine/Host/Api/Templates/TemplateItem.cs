using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Host.Api.Definitions;

namespace CartRecovery.Host.Api.Templates;

/// <summary>A template, or a version of one.</summary>
/// <param name="Name">The template's name.</param>
/// <param name="Description">What the template is for; null if not given.</param>
/// <param name="Message">The text.</param>
/// <param name="Subject">The heading, or an e-mail's subject; null if it has none.</param>
/// <param name="Html">The message as HTML; null if it has none.</param>
/// <param name="Number">The version's number, from 1.</param>
/// <param name="Version">A text that is unique to the version: the ETag.</param>
/// <param name="UpdatedAt">When the version was made.</param>
/// <param name="UpdatedBy">The actor who made it, as in the audit log.</param>
sealed record TemplateItem(
    string Name, string? Description, string Message, string? Subject, string? Html, long Number, string Version, DateTime UpdatedAt, string UpdatedBy)
    : IDefinitionItem<TemplateDefinition, TemplateItem>
{
    /// <inheritdoc/>
    public static TemplateItem Of(VersionedDefinition<TemplateDefinition> version) => new(version.Name, version.Definition.Description, version.Definition.Message ?? "",
        version.Definition.Subject, version.Definition.Html, version.Number, version.Version, version.At.UtcDateTime, version.By);
}
