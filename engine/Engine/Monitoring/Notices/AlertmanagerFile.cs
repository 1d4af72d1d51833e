using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Monitoring.Notices;

/// <summary>The result of reading Alertmanager's configuration.</summary>
/// <param name="Config">The configuration; null if there are problems.</param>
/// <param name="Problems">All problems, in file order.</param>
/// <param name="Unknown">Parts that are valid for Alertmanager and have no effect here.</param>
public sealed record AlertmanagerFile(AlertmanagerConfig? Config, IReadOnlyList<ConfigProblem> Problems, IReadOnlyList<ConfigProblem> Unknown)
{
    /// <summary>The files of <c>templates</c>, and the folders of its patterns, also if they have problems.</summary>
    public IReadOnlyList<string> TemplatePaths { get; init; } = [];
}
