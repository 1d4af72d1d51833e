using System.Collections.Concurrent;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys;

/// <summary>What the desk counts. Written by the desk's thread, read by any.</summary>
public sealed class JourneyCounters
{
    readonly long[] _withheld = new long[WithheldReasons.All.Count + 1];
    readonly long[] _waits = new long[WithheldReasons.All.Count + 1];
    readonly ConcurrentDictionary<(string Channel, string Action, string Outcome), long> _ended = new();

    /// <summary>Decisions that came in.</summary>
    public long Decisions;

    /// <summary>CustomerEvents that came in.</summary>
    public long CustomerEvents;

    /// <summary>Interventions that were not sent, by reason.</summary>
    public long Withheld(WithheldReason reason) => Volatile.Read(ref _withheld[(int)reason]);

    /// <summary>How often one had to wait, by reason.</summary>
    public long Waits(WithheldReason reason) => Volatile.Read(ref _waits[(int)reason]);

    /// <summary>Interventions by channel, action and outcome.</summary>
    public long EndedAs(string channel, string action, string outcome) => _ended.GetValueOrDefault((channel, action, outcome));

    internal void AddWithheld(WithheldReason reason, long count = 1) => Interlocked.Add(ref _withheld[(int)reason], count);

    internal void AddWait(WithheldReason reason) => Interlocked.Increment(ref _waits[(int)reason]);

    internal void AddEnded(string channel, string action, string outcome) => _ended.AddOrUpdate((channel, action, outcome), 1, static (_, n) => n + 1);
}
