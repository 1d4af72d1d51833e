namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A problem in a text of a template.</summary>
/// <param name="Field">The text: `message`, `subject` or `html`.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
/// <param name="Message">What is wrong.</param>
public sealed record TemplateTextProblem(string Field, int Line, int Column, string Message)
{
    /// <summary>Returns the problem with its place.</summary>
    public override string ToString() => $"{Field}:{Line}:{Column}: {Message}";
}
