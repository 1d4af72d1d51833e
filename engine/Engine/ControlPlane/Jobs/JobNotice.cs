namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>Something that an operator should know of a job.</summary>
/// <param name="Job">The job.</param>
/// <param name="IsLate">Whether it has not begun in time; otherwise it failed.</param>
/// <param name="IsFinal">Whether no retry follows.</param>
/// <param name="Problem">What happened.</param>
public sealed record JobNotice(string Job, bool IsLate, bool IsFinal, string Problem);
