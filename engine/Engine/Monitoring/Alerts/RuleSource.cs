using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>A rule file in force, or the rules that were created over the API.</summary>
/// <param name="Name">The file, as its groups name it.</param>
/// <param name="Text">What it says: while that does not change, its groups go on undisturbed.</param>
/// <param name="Groups">Its groups.</param>
public sealed record RuleSource(string Name, string Text, IReadOnlyList<RuleGroup> Groups);
