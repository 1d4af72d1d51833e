using System.Collections.Concurrent;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys;

/// <summary>Counters of journeys. Written by the journey thread, read by any.</summary>
public sealed class JourneyCounters
{
    readonly long[] _withheld = new long[WithheldReasons.All.Count + 1];
    readonly long[] _deferred = new long[WithheldReasons.All.Count + 1];
    readonly ConcurrentDictionary<(string Channel, string Action, string Outcome), long> _ended = new();

    /// <summary>Decisions received.</summary>
    public long Decisions;

    /// <summary>Customer events received.</summary>
    public long CustomerEvents;

    /// <summary>Counts interventions withheld, by reason.</summary>
    public long WithheldFor(WithheldReason reason) => Volatile.Read(ref _withheld[(int)reason]);

    /// <summary>Counts interventions deferred, by reason.</summary>
    public long DeferredFor(WithheldReason reason) => Volatile.Read(ref _deferred[(int)reason]);

    /// <summary>Counts interventions by channel, action and outcome.</summary>
    public long EndedAs(string channel, string action, string outcome) => _ended.GetValueOrDefault((channel, action, outcome));

    internal void AddWithheld(WithheldReason reason, long count = 1) => Interlocked.Add(ref _withheld[(int)reason], count);

    internal void AddDeferred(WithheldReason reason) => Interlocked.Increment(ref _deferred[(int)reason]);

    internal void AddEnded(string channel, string action, string outcome) => _ended.AddOrUpdate((channel, action, outcome), 1, static (_, n) => n + 1);
}
