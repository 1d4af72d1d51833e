namespace CartRecovery.Engine.ControlPlane.Jobs;

/// <summary>
/// An exclusive right to run a job until it expires. The fencing number grows with each run, so an engine that lost the lease can change nothing.
/// </summary>
/// <param name="Holder">The engine.</param>
/// <param name="Fence">The fencing number.</param>
/// <param name="Until">When the lease expires unless it is renewed.</param>
/// <param name="RunId">The run.</param>
public sealed record JobLease(string Holder, long Fence, DateTimeOffset Until, long RunId);
