namespace CartRecovery.Host.Models;

/// <summary>How a canary ended.</summary>
/// <param name="Version">The id of the candidate's version.</param>
/// <param name="Champion">The id of the champion since.</param>
/// <param name="Outcome"><c>promoted</c>, <c>rolled_back</c> or <c>removed</c>.</param>
/// <param name="Reason">The guardrail, such as <c>score_shift</c>; <c>passed</c>, or <c>by_hand</c>.</param>
/// <param name="Text">What was seen, or why somebody ended it.</param>
/// <param name="At">When.</param>
/// <param name="By">Who, as in the audit log.</param>
sealed record CanaryEnd(string Version, string Champion, string Outcome, string Reason, string Text, DateTimeOffset At, string By);
