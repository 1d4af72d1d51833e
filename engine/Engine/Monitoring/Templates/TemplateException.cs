namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>A template that is invalid or cannot be expanded.</summary>
/// <param name="message">What is wrong.</param>
public sealed class TemplateException(string message) : Exception(message)
{
    /// <summary>The line of the template, from 1; 0 if it is not known.</summary>
    public int Line { get; init; }
}
