using CartRecovery.Engine.Configuration;

namespace CartRecovery.Engine.Monitoring.Escalation;

/// <summary>The result of reading a file of schedules and escalations.</summary>
/// <param name="Config">What it says; null if there are problems.</param>
/// <param name="Problems">All problems, in file order.</param>
public sealed record OnCallFile(OnCallConfig? Config, IReadOnlyList<ConfigProblem> Problems);
