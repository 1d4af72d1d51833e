using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>Counts interventions by outcome and action, retries, and items left unmarked. A sink that a reload replaces hands them on. Thread-safe and lock-free.</summary>
sealed class DeliveryCounters
{
    static readonly int s_actions = Enum.GetValues<ActionKind>().Length;
    static readonly int s_outcomes = Enum.GetValues<FinalOutcome>().Length;

    readonly long[] _counts = new long[s_actions * s_outcomes];

    long _retried;
    long _unmarked;

    public long Retried => Volatile.Read(ref _retried);

    public long Unmarked => Volatile.Read(ref _unmarked);

    public void AddRetried(int count) => Interlocked.Add(ref _retried, count);

    public void AddUnmarked(int count) => Interlocked.Add(ref _unmarked, count);

    public void Add(ActionKind action, FinalOutcome outcome) => Interlocked.Increment(ref At(action, outcome));

    public long Read(ActionKind action, FinalOutcome outcome) => Volatile.Read(ref At(action, outcome));

    public long Total(FinalOutcome outcome)
    {
        long total = 0;
        for (var action = 0; action < s_actions; action++)
        {
            total += Read((ActionKind)action, outcome);
        }

        return total;
    }

    ref long At(ActionKind action, FinalOutcome outcome) => ref _counts[(int)action * s_outcomes + (int)outcome];
}
