namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>What to do with a canary.</summary>
/// <param name="Action">The action.</param>
/// <param name="Reason">A stable code: <c>errors</c>, <c>latency</c>, <c>score_shift</c>, <c>log_loss</c> or <c>revenue</c> for a rollback; <c>passed</c> or
/// <c>waiting</c> otherwise.</param>
/// <param name="Text">What was seen.</param>
/// <param name="Percent">For <see cref="CanaryAction.StepUp"/>: the next percentage.</param>
public sealed record CanaryVerdict(CanaryAction Action, string Reason, string Text, double Percent = 0);
