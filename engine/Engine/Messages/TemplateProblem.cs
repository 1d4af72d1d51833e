namespace CartRecovery.Engine.Messages;

/// <summary>A mistake in a template.</summary>
/// <param name="Offset">Where it is in the text, in characters from 0.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Name">The name that is not known, if it is that.</param>
/// <param name="Known">What is known in its place: names, and what to write for each.</param>
public sealed record TemplateProblem(int Offset, string Message, string? Name = null, IReadOnlyDictionary<string, string>? Known = null);

/// <summary>A field that a template shows.</summary>
/// <param name="Path">Its path, like <c>offer.code</c>.</param>
/// <param name="Offset">Where it is in the text.</param>
/// <param name="Text">How it is written there.</param>
public sealed record TemplateUse(string Path, int Offset, string Text);
