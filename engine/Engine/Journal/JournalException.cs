namespace CartRecovery.Engine.Journal;

/// <summary>Thrown if the journal on disk cannot be used.</summary>
public sealed class JournalException : Exception
{
    /// <param name="code">Stable code in snake case.</param>
    /// <param name="message">What is wrong and what to do, in one or two sentences.</param>
    public JournalException(string code, string message)
        : base(message) => Code = code;

    /// <summary>The stable code.</summary>
    public string Code { get; }
}
