using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>The result of reading a rule file.</summary>
/// <param name="Groups">The groups that are valid.</param>
/// <param name="Problems">All problems, in file order; empty for a valid file.</param>
public sealed record RuleFile(IReadOnlyList<RuleGroup> Groups, IReadOnlyList<ConfigProblem> Problems);
