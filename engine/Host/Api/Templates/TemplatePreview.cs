namespace CartRecovery.Host.Api.Templates;

/// <summary>The rendered texts of a template.</summary>
/// <param name="Message">The text.</param>
/// <param name="Subject">The heading, or an e-mail's subject; null if the template has none.</param>
/// <param name="Html">The message as HTML; null if the template has none.</param>
sealed record TemplatePreview(string Message, string? Subject, string? Html);
