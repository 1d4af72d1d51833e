namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Collects what is wrong with a file.</summary>
internal sealed class ConfigProblems(string file)
{
    readonly List<ConfigProblem> _found = [];

    public bool None => _found.Count == 0;

    public void Add(Place at, string message) => _found.Add(new ConfigProblem(file, at.Line, at.Column, message));

    /// <summary>All of them in the file's order; what an alias repeats is said once.</summary>
    public IReadOnlyList<ConfigProblem> Sorted() =>
        [.. _found.Distinct().OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}
