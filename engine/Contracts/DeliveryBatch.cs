namespace CartRecovery.Contracts;

/// <summary>
/// The interventions of one write and what became of each. Items start as delivered; the sink marks those that were not.
/// Marking may happen from several threads, each item from one.
/// </summary>
public sealed class DeliveryBatch
{
    readonly DeliveryVerdict[] _verdicts;

    /// <summary>A batch of these items, all delivered until marked.</summary>
    public DeliveryBatch(IReadOnlyList<Intervention> items)
    {
        Items = items;
        _verdicts = new DeliveryVerdict[items.Count];
    }

    /// <summary>What is to be delivered, oldest first.</summary>
    public IReadOnlyList<Intervention> Items { get; }

    /// <summary>The receiver did not take the item now and may later: it is tried again.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line, for logs.</param>
    /// <param name="after">How long the receiver asked to wait, if it did.</param>
    public void Retry(int index, string reason, TimeSpan? after = null) =>
        _verdicts[index] = new DeliveryVerdict(DeliveryOutcome.Retry, reason, after);

    /// <summary>The receiver will never take the item: it is not tried again.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line, for logs.</param>
    public void Reject(int index, string reason) => _verdicts[index] = new DeliveryVerdict(DeliveryOutcome.Rejected, reason, After: null);

    /// <summary>What became of the item.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    public DeliveryVerdict VerdictOf(int index) => _verdicts[index];
}

/// <summary>What became of one item of a batch.</summary>
/// <param name="Outcome">Delivered, to be tried again, or refused for good.</param>
/// <param name="Reason">Why, unless delivered.</param>
/// <param name="After">How long to wait before the next try, if the receiver said.</param>
public readonly record struct DeliveryVerdict(DeliveryOutcome Outcome, string? Reason, TimeSpan? After);

/// <summary>The ways a delivery ends.</summary>
public enum DeliveryOutcome
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>Not now.</summary>
    Retry,

    /// <summary>Never.</summary>
    Rejected,
}
