namespace CartRecovery.Engine.Journal;

/// <summary>The journal on disk cannot be gone on with as it is.</summary>
public sealed class JournalException : Exception
{
    /// <param name="code">Stable, in snake case.</param>
    /// <param name="message">What is wrong and what to do, in one or two sentences.</param>
    public JournalException(string code, string message)
        : base(message) => Code = code;

    /// <summary>The stable code.</summary>
    public string Code { get; }
}
