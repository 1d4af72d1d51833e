namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Collects the problems of a configuration file and of the files that it names.</summary>
sealed class ConfigProblems(string file)
{
    readonly List<ConfigProblem> _found = [];

    public bool None => _found.Count == 0;

    public void Add(SourceLocation at, string message, string? code = null) => _found.Add(ConfigProblem.At(file, at, message) with { Code = code });

    /// <summary>Adds a problem of a file that the configuration names.</summary>
    public void Add(string named, SourceLocation at, string message) => _found.Add(new ConfigProblem(named, at.Line, at.Column, message));

    /// <summary>Returns all problems in file order, without duplicates from aliases; those of named files last.</summary>
    public IReadOnlyList<ConfigProblem> Sorted() =>
        [.. _found.Distinct().OrderBy(problem => problem.File != file).ThenBy(problem => problem.Line).ThenBy(problem => problem.Column)];
}
