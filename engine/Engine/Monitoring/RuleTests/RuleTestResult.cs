using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>The result of a test file.</summary>
/// <param name="Problems">What is wrong with the test file or the rule files; the tests did not run if there is any.</param>
/// <param name="Tests">How many tests ran.</param>
/// <param name="Failures">The expectations that were not met.</param>
public sealed record RuleTestResult(IReadOnlyList<ConfigProblem> Problems, int Tests, IReadOnlyList<RuleTestFailure> Failures)
{
    /// <summary>Whether all tests ran and passed.</summary>
    public bool IsPassed => Problems.Count == 0 && Failures.Count == 0;
}
