namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>The right to run a job for a while. Its number grows with each run, so that a run that lost it can change nothing any more.</summary>
/// <param name="Holder">The engine.</param>
/// <param name="Fence">The number.</param>
/// <param name="Until">When it expires unless it is renewed.</param>
/// <param name="RunId">The run.</param>
public sealed record JobLease(string Holder, long Fence, DateTimeOffset Until, long RunId);
