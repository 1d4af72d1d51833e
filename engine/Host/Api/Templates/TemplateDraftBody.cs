using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Templates;

namespace CartRecovery.Host.Api.Templates;

/// <summary>Texts that are not saved, and what to preview them with.</summary>
/// <param name="Message">The text, in Liquid.</param>
/// <param name="Subject">A heading, or an e-mail's subject, in Liquid; one line.</param>
/// <param name="Html">The message as HTML, in Liquid, whose values are escaped.</param>
/// <param name="CartId">The cart to render for; a sample if absent.</param>
/// <param name="DiscountPercent">The percentage off that the sample offer has; 10 if absent.</param>
/// <param name="Code">The code that the sample offer has; `EXAMPLE` if absent.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record TemplateDraftBody(
    string? Message, string? Subject = null, string? Html = null, string? CartId = null, double? DiscountPercent = null, string? Code = null)
{
    /// <summary>Returns the texts.</summary>
    public TemplateDefinition ToDefinition() => new(Message, Subject, Html);

    /// <summary>Returns what to preview them with.</summary>
    public TemplatePreviewBody ToPreview() => new(CartId, DiscountPercent, Code);
}
