namespace CartRecovery.Engine.Messages;

/// <summary>A problem in a template.</summary>
/// <param name="Offset">Its offset in the text, in characters from 0.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Name">The unknown name, if that is the problem.</param>
/// <param name="Known">The known names in this place, and what to write for each.</param>
public sealed record TemplateProblem(int Offset, string Message, string? Name = null, IReadOnlyDictionary<string, string>? Known = null);

/// <summary>A field shown by a template.</summary>
/// <param name="Path">Its path, like <c>offer.code</c>.</param>
/// <param name="Offset">Its offset in the text.</param>
/// <param name="Text">The field as written in the text.</param>
public sealed record TemplateUse(string Path, int Offset, string Text);
