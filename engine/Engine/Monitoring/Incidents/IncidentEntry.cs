namespace CartRecovery.Engine.Monitoring.Incidents;

/// <summary>An entry of an incident's timeline.</summary>
/// <param name="At">Milliseconds since the Unix epoch.</param>
/// <param name="Kind">What it is: <c>state</c>, <c>alert</c>, <c>note</c>, <c>public</c> (the status page shows it), <c>withdrawn</c> (it did), <c>deploy</c>, <c>configuration</c> or <c>change</c>.</param>
/// <param name="Who">Who wrote it; null for the engine.</param>
/// <param name="Text">What happened.</param>
public sealed record IncidentEntry(long At, string Kind, string? Who, string Text)
{
    /// <summary>The number in the timeline, from 1; 0 for an entry that is not there yet.</summary>
    public long Number { get; init; }
}
