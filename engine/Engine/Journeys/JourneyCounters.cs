using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Engine.Journeys;

/// <summary>Counters of journeys. Written by the journey thread, read by any.</summary>
public sealed class JourneyCounters
{
    readonly long[] _withheld = new long[WithheldReasons.All.Count + 1];
    readonly long[] _deferred = new long[WithheldReasons.All.Count + 1];
    StrongBox<(string Store, long Until)>? _recipientLimit;
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

    /// <summary>
    /// The store whose messages wait because it has had its new recipients, and until when (ms since 1970 UTC); <see langword="null"/> if none did.
    /// </summary>
    public (string Store, long Until)? RecipientLimit => Volatile.Read(ref _recipientLimit) is { } limit ? limit.Value : null;

    internal void SetRecipientLimit(string store, long until) => Volatile.Write(ref _recipientLimit, new StrongBox<(string, long)>((store, until)));

    internal void AddWithheld(WithheldReason reason, long count = 1) => Interlocked.Add(ref _withheld[(int)reason], count);

    internal void AddDeferred(WithheldReason reason) => Interlocked.Increment(ref _deferred[(int)reason]);

    internal void AddEnded(string channel, string action, string outcome) => _ended.AddOrUpdate((channel, action, outcome), 1, static (_, n) => n + 1);
}
