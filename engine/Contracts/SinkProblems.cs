namespace CartRecovery.Contracts;

/// <summary>Collects the problems of a sink's settings in its factory, so that <c>check</c> reports all of them at once.</summary>
/// <example>
/// <code>
/// var problems = new SinkProblems();
/// var from = problems.Try(() => MailboxOf(settings.GetText("from")));
/// if (user is null != password is null)
/// {
///     problems.Add(new SinkConfigurationException("password", "required with 'user'"));
/// }
///
/// problems.ThrowIfAny();
/// </code>
/// </example>
public sealed class SinkProblems
{
    readonly List<SinkConfigurationException> _found = [];

    /// <summary>Adds a problem.</summary>
    public void Add(SinkConfigurationException problem) => _found.Add(problem);

    /// <summary>Returns a function's result, or the default after adding the problem that it throws.</summary>
    public T? Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SinkConfigurationException problem)
        {
            _found.Add(problem);
            return default;
        }
    }

    /// <summary>Throws the first problem with the others in <see cref="SinkConfigurationException.Further"/>, unless there is none.</summary>
    /// <exception cref="SinkConfigurationException">There is a problem.</exception>
    public void ThrowIfAny()
    {
        if (_found is [var first, .. var further])
        {
            throw first.With(further);
        }
    }
}
