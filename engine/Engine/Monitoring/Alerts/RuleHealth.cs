namespace CartRecovery.Engine.Monitoring.Alerts;

/// <summary>How the latest evaluation of a rule went. The names are those of Prometheus' API in lower case.</summary>
/// <param name="LastEvaluation">Milliseconds since the Unix epoch; 0 for never.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
public sealed record RuleHealth(long LastEvaluation, TimeSpan Duration, string? Error)
{
    /// <summary>Not evaluated yet.</summary>
    public static RuleHealth Unknown { get; } = new(0, TimeSpan.Zero, null);

    /// <summary>The health: <c>unknown</c>, <c>ok</c> or <c>err</c>.</summary>
    public string Text => LastEvaluation == 0 ? "unknown" : Error is null ? "ok" : "err";
}
