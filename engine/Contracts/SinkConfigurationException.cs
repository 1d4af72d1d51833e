namespace CartRecovery.Contracts;

/// <summary>
/// A sink cannot work with the value of an option. The engine reports it with the place of the value in the file. The message must not
/// quote the value, which may be a secret.
/// </summary>
public sealed class SinkConfigurationException : Exception
{
    /// <summary>Names the option and the problem.</summary>
    /// <param name="option">The option's key.</param>
    /// <param name="problem">What is wrong and what to do, without the value: <c>required with 'user'</c>.</param>
    public SinkConfigurationException(string option, string problem)
        : this(option, problem, isMalformed: false)
    {
    }

    SinkConfigurationException(string option, string problem, bool isMalformed, IReadOnlyList<SinkConfigurationException>? further = null)
        : base($"{option}: {problem}") => (Option, Problem, IsMalformed, Further) = (option, problem, isMalformed, further ?? []);

    /// <summary>The option's key.</summary>
    public string Option { get; }

    /// <summary>What is wrong, without the option and the value.</summary>
    public string Problem { get; }

    /// <summary>The value has another form than <see cref="Problem"/> asks for. The engine quotes the file, unless it is a secret.</summary>
    public bool IsMalformed { get; }

    /// <summary>Other problems of the same settings: <see cref="SinkProblems"/>.</summary>
    public IReadOnlyList<SinkConfigurationException> Further { get; }

    /// <summary>Creates the exception for a value that is not of the expected form.</summary>
    /// <param name="option">The option's key.</param>
    /// <param name="form">The accepted values, as they follow "expected": <c>an e-mail address</c>.</param>
    public static SinkConfigurationException Expected(string option, string form) => new(option, $"expected {form}", isMalformed: true);

    internal SinkConfigurationException With(IReadOnlyList<SinkConfigurationException> further) => new(Option, Problem, IsMalformed, further);
}
