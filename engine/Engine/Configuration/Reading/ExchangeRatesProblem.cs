namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>A problem in a text of exchange rates.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Message">What is wrong.</param>
public sealed record ExchangeRatesProblem(int Line, int Column, string Message)
{
    /// <summary>Formats it for a log: <c>line 3, column 5: message</c>.</summary>
    public override string ToString() => $"line {Line}, column {Column}: {Message}";
}
