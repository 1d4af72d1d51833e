using CartRecovery.Engine.Configuration.Campaigns;

namespace CartRecovery.Host.Api.Templates;

/// <summary>The result of a check.</summary>
/// <param name="Valid">Whether the template can be saved.</param>
/// <param name="Problems">The problems with their places; at most 50.</param>
sealed record TemplateCheckResult(bool Valid, IReadOnlyList<TemplateTextProblem> Problems);
