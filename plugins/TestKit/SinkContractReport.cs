namespace CartRecovery.Plugins.TestKit;

/// <summary>The result of a verification.</summary>
/// <param name="Checks">Every check, in the order in which it ran.</param>
public sealed record SinkContractReport(IReadOnlyList<SinkContractCheck> Checks)
{
    /// <summary>The failures, one line each, with the check's name.</summary>
    public IReadOnlyList<string> Failures => [.. Checks.SelectMany(check => check.Failures.Select(failure => $"{check.Name}: {failure}"))];

    /// <summary>Fails the test if the sink breaks its contract.</summary>
    /// <exception cref="SinkContractException">The sink breaks its contract; the message lists every failure.</exception>
    public void ThrowIfFailed()
    {
        if (Failures is { Count: > 0 } failures)
        {
            throw new SinkContractException(string.Join('\n', failures));
        }
    }

    /// <summary>Returns a line per check: passed, failed or skipped.</summary>
    public override string ToString() => string.Join('\n', Checks.Select(check =>
        $"{(check.Skipped ? "skipped" : check.Failures.Count == 0 ? "passed " : "FAILED ")} {check.Name}{string.Concat(check.Failures.Select(f => $"\n          {f}"))}"));
}

/// <summary>One check.</summary>
/// <param name="Name">What the contract demands.</param>
/// <param name="Failures">How the sink breaks it; empty if it passes.</param>
/// <param name="Skipped">Whether it was skipped because the receiver does not support the behaviour.</param>
public sealed record SinkContractCheck(string Name, IReadOnlyList<string> Failures, bool Skipped);

/// <summary>Thrown if a sink breaks its contract.</summary>
public sealed class SinkContractException(string message) : Exception(message);
