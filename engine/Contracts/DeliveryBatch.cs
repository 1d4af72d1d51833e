namespace CartRecovery.Contracts;

/// <summary>
/// The interventions of one write, and the sink's verdict on each. An item without a verdict is not delivered: the engine retries it, within
/// the sink's <c>retries</c>. Each verdict concerns its item alone, except <see cref="Halt"/> and <see cref="Disable"/>. Mark each item once. Marking is thread-safe; of several marks the last counts.
/// </summary>
public sealed class DeliveryBatch
{
    readonly DeliveryVerdict?[] _verdicts;
    readonly int[] _marks;

    /// <summary>Creates a batch of these items, without verdicts.</summary>
    public DeliveryBatch(IReadOnlyList<Intervention> items)
    {
        Items = items;
        _verdicts = new DeliveryVerdict?[items.Count];
        _marks = new int[items.Count];
    }

    /// <summary>The interventions to deliver, oldest first.</summary>
    public IReadOnlyList<Intervention> Items { get; }

    /// <summary>Marks an item as delivered. It is not sent again, even if the write throws later.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Deliver(int index) => Mark(index, DeliveryVerdict.Delivered);

    /// <summary>Marks every item that has no verdict as delivered, for a receiver that takes a batch as a whole.</summary>
    public void DeliverRemaining()
    {
        for (var i = 0; i < _verdicts.Length; i++)
        {
            if (Volatile.Read(ref _verdicts[i]) is null)
            {
                Deliver(i);
            }
        }
    }

    /// <summary>Marks an item that failed because the receiver does. It is retried within seconds; many in a row open the circuit.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <param name="after">How long the receiver asked to wait, if it did.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Retry(int index, string reason, TimeSpan? after = null) =>
        Mark(index, new DeliveryVerdict(DeliveryOutcome.Retry, reason, after));

    /// <summary>Marks an item that the receiver will never accept. It is not retried.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Reject(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Rejected, reason, After: null));

    /// <summary>Marks an item whose address does not exist or rejects all messages. It is not retried, and the address is suppressed.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Bounce(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Bounced, reason, After: null));

    /// <summary>
    /// Marks an item that the receiver, which works, may accept later: greylisting, a busy mailbox. It is tried again after growing waits of
    /// minutes, for as long as it is of use, and holds up no other.
    /// </summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <param name="after">Minimum wait before the next attempt.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Postpone(int index, string reason, TimeSpan? after = null) =>
        Mark(index, new DeliveryVerdict(DeliveryOutcome.Postponed, reason, after));

    /// <summary>
    /// Marks an item that the receiver rejected for good, without saying that the address does not exist: the mailbox is full or disabled. It is
    /// not retried. The address is suppressed after several such messages without a delivery.
    /// </summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void SoftBounce(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.SoftBounced, reason, After: null));

    /// <summary>
    /// Marks an item that was refused for a fault that messages to others have too: of the sender, the login, or the receiver's policy. The
    /// sink stops with an alarm and probes with other items, until the receiver accepts one. The item loses no try.
    /// </summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Halt(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Halted, reason, After: null));

    /// <summary>Marks an item whose receiver asked for no more, ever. The sink is disabled with an alarm until the engine starts again.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Disable(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Disabled, reason, After: null));

    /// <summary>Marks an item that was not tried, because an earlier one showed that the receiver is unavailable. It loses no try.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <param name="reason">Why: one line for the log, without secrets and without anything that identifies the shopper.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void Skip(int index, string reason) => Mark(index, new DeliveryVerdict(DeliveryOutcome.Skipped, reason, After: null));

    /// <summary>Returns the verdict on an item; <see langword="null"/> if the sink has not marked it.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public DeliveryVerdict? VerdictOf(int index)
    {
        ThrowIfNoItem(index);
        return Volatile.Read(ref _verdicts[index]);
    }

    /// <summary>Returns how often the sink has marked an item; the contract is once.</summary>
    /// <param name="index">The item's index in <see cref="Items"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public int MarksOf(int index)
    {
        ThrowIfNoItem(index);
        return Volatile.Read(ref _marks[index]);
    }

    void Mark(int index, DeliveryVerdict verdict)
    {
        ThrowIfNoItem(index);
        Volatile.Write(ref _verdicts[index], verdict);
        Interlocked.Increment(ref _marks[index]);
    }

    void ThrowIfNoItem(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _verdicts.Length);
    }
}

/// <summary>The sink's verdict on one item. A class, so that another thread reads it whole.</summary>
/// <param name="Outcome">Delivered, retry, rejected or bounced.</param>
/// <param name="Reason">Why, unless delivered.</param>
/// <param name="After">How long to wait before the next attempt, if the receiver said.</param>
public sealed record DeliveryVerdict(DeliveryOutcome Outcome, string? Reason, TimeSpan? After)
{
    /// <summary>The receiver has accepted the item.</summary>
    public static DeliveryVerdict Delivered { get; } = new(DeliveryOutcome.Delivered, Reason: null, After: null);
}

/// <summary>The outcomes of an attempt to deliver.</summary>
public enum DeliveryOutcome
{
    /// <summary>The receiver accepted the item.</summary>
    Delivered,

    /// <summary>The receiver failed.</summary>
    Retry,

    /// <summary>The receiver will never accept it.</summary>
    Rejected,

    /// <summary>The address does not exist or rejects all messages.</summary>
    Bounced,

    /// <summary>The receiver works, and may accept this item later.</summary>
    Postponed,

    /// <summary>The mailbox is full or disabled, or the receiver did not say that it does not exist.</summary>
    SoftBounced,

    /// <summary>The receiver refuses the sender.</summary>
    Halted,

    /// <summary>The receiver wants no more, ever.</summary>
    Disabled,

    /// <summary>It was not tried.</summary>
    Skipped,
}
