namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Collects the problems of a file.</summary>
sealed class ConfigProblems(string file)
{
    readonly List<ConfigProblem> _found = [];

    public bool None => _found.Count == 0;

    public void Add(SourceLocation at, string message) => _found.Add(new ConfigProblem(file, at.Line, at.Column, message));

    /// <summary>Returns all problems in file order, without duplicates from aliases.</summary>
    public IReadOnlyList<ConfigProblem> Sorted() =>
        [.. _found.Distinct().OrderBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}
