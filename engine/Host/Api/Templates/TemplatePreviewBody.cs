using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Templates;

/// <summary>What to preview a template with.</summary>
/// <param name="CartId">The cart to render for; a sample if absent.</param>
/// <param name="DiscountPercent">The percentage off that the sample offer has; 10 if absent.</param>
/// <param name="Code">The code that the sample offer has; `EXAMPLE` if absent.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record TemplatePreviewBody(string? CartId = null, double? DiscountPercent = null, string? Code = null);
