namespace CartRecovery.Contracts;

/// <summary>
/// The interventions of one write and what became of each. What the sink does not mark is delivered when the write returns in time, and
/// is tried again when it throws or runs out of time. Marking may happen from several threads; an item's last mark counts.
/// </summary>
public sealed class DeliveryBatch
{
    readonly DeliveryVerdict?[] _verdicts;

    /// <summary>A batch of these items, none of them marked.</summary>
    public DeliveryBatch(IReadOnlyList<Intervention> items)
    {
        Items = items;
        _verdicts = new DeliveryVerdict?[items.Count];
    }

    /// <summary>What is to be delivered, oldest first.</summary>
    public IReadOnlyList<Intervention> Items { get; }

    /// <summary>The receiver has the item: it is not sent again, whatever becomes of the rest of the batch.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Deliver(int index) => Mark(index, DeliveryVerdict.Delivered);

    /// <summary>The receiver did not take the item now and may later: it is tried again.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line, for logs, with nothing in it that says who the shopper is.</param>
    /// <param name="after">How long the receiver asked to wait, if it did.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Retry(int index, string reason, TimeSpan? after = null) =>
        Mark(index, new DeliveryVerdict(DeliveryOutcome.Retry, reason, after));

    /// <summary>The receiver will never take the item: it is not tried again.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line, for logs, with nothing in it that says who the shopper is.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Reject(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Rejected, reason, After: null));

    /// <summary>The address does not exist or refuses all mail: the item is not tried again, and nothing more should go there.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line, for logs, with nothing in it that says who the shopper is.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Bounce(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Bounced, reason, After: null));

    /// <summary>How the sink marked the item; <see langword="null"/> if it has not.</summary>
    /// <param name="index">The item's place in <see cref="Items"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public DeliveryVerdict? VerdictOf(int index)
    {
        ThrowIfNoItem(index);
        return Volatile.Read(ref _verdicts[index]);
    }

    void Mark(int index, DeliveryVerdict verdict)
    {
        ThrowIfNoItem(index);
        Volatile.Write(ref _verdicts[index], verdict);
    }

    void ThrowIfNoItem(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _verdicts.Length);
    }
}

/// <summary>How a sink marked one item of a batch. A class, so that a mark is seen whole by a thread that reads it meanwhile.</summary>
/// <param name="Outcome">Delivered, to be tried again, refused for good, or bounced.</param>
/// <param name="Reason">Why, unless delivered.</param>
/// <param name="After">How long to wait before the next try, if the receiver said.</param>
public sealed record DeliveryVerdict(DeliveryOutcome Outcome, string? Reason, TimeSpan? After)
{
    /// <summary>The receiver has it.</summary>
    public static DeliveryVerdict Delivered { get; } = new(DeliveryOutcome.Delivered, Reason: null, After: null);
}

/// <summary>The ways a delivery ends.</summary>
public enum DeliveryOutcome
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>Not now.</summary>
    Retry,

    /// <summary>Never.</summary>
    Rejected,

    /// <summary>Never, and nothing else to this address either: it does not exist, or refuses all mail.</summary>
    Bounced,
}
