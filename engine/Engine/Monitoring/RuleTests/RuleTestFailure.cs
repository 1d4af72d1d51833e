namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>An expectation that a rule test did not meet, or why the test could not run.</summary>
/// <param name="Test">The test's name, or its number from 1.</param>
/// <param name="Message">What was expected, and what was found.</param>
public sealed record RuleTestFailure(string Test, string Message);
