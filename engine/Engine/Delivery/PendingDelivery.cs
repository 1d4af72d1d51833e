using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>Receives the final outcome of an intervention and the number of attempts.</summary>
delegate void CompleteDelivery(Intervention intervention, DeliveryResult result, int tries);

/// <summary>A batch across its attempts: the interventions still to be delivered, and why they are not yet.</summary>
/// <param name="items">The interventions to deliver.</param>
/// <param name="probe">Whether the first attempt probes an open circuit.</param>
sealed class PendingDelivery(IReadOnlyList<Intervention> items, bool probe)
{
    // Limits the probes, so that one intervention that its receiver cannot process does not look like a receiver that is down forever.
    const int MaxFailedProbes = 100;

    // The reason for an item that the sink did not mark.
    const string UnmarkedReason = "unmarked";

    bool _probe = probe;
    int _failedProbes;
    List<Item> _pending = [.. items.Select(item => new Item(item, Reason: null, Tries: 0))];

    /// <summary>Interventions without a final outcome.</summary>
    public IReadOnlyList<Intervention> Pending { get; private set; } = items;

    /// <summary>Delay that the receiver asked for, up to <see cref="Backoff.Max"/>.</summary>
    public TimeSpan? Wait { get; private set; }

    /// <summary>Error of the first item that the last attempt did not deliver; <see langword="null"/> if there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Why the last attempt showed that the sink must stop; <see langword="null"/> if it did not.</summary>
    public SinkHalt? Halt { get; private set; }

    /// <summary>Number of items that the last write returned unmarked without throwing or timing out.</summary>
    public int Unmarked { get; private set; }

    /// <summary>Number of attempts so far.</summary>
    public int Tries { get; private set; }

    /// <summary>
    /// Returns why the pending intervention at an index is not delivered; <see langword="null"/> before the first attempt.
    /// </summary>
    public string? ReasonOf(int index) => _pending[index].Reason;

    /// <summary>Applies the results of an attempt: completes items with a final outcome and keeps the others.</summary>
    /// <param name="batch">The pending interventions, as marked by the sink.</param>
    /// <param name="failure">Why the write failed as a whole, so that unmarked items stay pending; or <see langword="null"/>.</param>
    /// <param name="counts">Whether the attempt uses up a try of each item that was tried.</param>
    /// <param name="complete">Receives final outcomes.</param>
    /// <returns>Whether the write succeeded: the receiver decided on an item, or the sink returned without reporting a failure. Unmarked
    /// items are retried but do not open the circuit: an open circuit probes far more often than <c>retries</c>, so a sink that delivers
    /// without marking would deliver repeatedly.</returns>
    public bool Apply(DeliveryBatch batch, string? failure, bool counts, CompleteDelivery complete)
    {
        Tries++;
        (Wait, Problem, Halt, Unmarked) = (null, null, null, 0);
        var decided = false;
        var retried = false;
        var pending = new List<Item>();
        for (var i = 0; i < batch.Items.Count; i++)
        {
            // Read once: a sink that has not returned may still be marking items.
            var mark = batch.VerdictOf(i);
            if (mark is null && failure is null)
            {
                Unmarked++;
            }
            else
            {
                retried |= mark is null or { Outcome: DeliveryOutcome.Retry or DeliveryOutcome.Skipped or DeliveryOutcome.Halted or DeliveryOutcome.Disabled };
            }

            var verdict = mark ?? new DeliveryVerdict(DeliveryOutcome.Retry, failure ?? UnmarkedReason, After: null);
            if (verdict.Outcome != DeliveryOutcome.Delivered)
            {
                Problem ??= verdict.Reason;
            }

            if (OutcomeOf(verdict.Outcome) is { } outcome)
            {
                // A refused sender says nothing about this item, so it is not the receiver's decision on one.
                var isHalt = verdict.Outcome is DeliveryOutcome.Halted or DeliveryOutcome.Disabled;
                decided |= !isHalt;
                Halt ??= isHalt ? new SinkHalt(verdict.Reason!, verdict.Outcome == DeliveryOutcome.Disabled) : null;
                complete(batch.Items[i], new DeliveryResult(outcome, verdict.Reason, verdict.After), Tries);
                continue;
            }

            var tries = _pending[i].Tries + (counts && verdict.Outcome != DeliveryOutcome.Skipped ? 1 : 0);
            pending.Add(new Item(batch.Items[i], verdict.Reason, tries, IsUnmarked: mark is null && failure is null));
            if (verdict.After is { } after && after > (Wait ?? TimeSpan.Zero))
            {
                Wait = after < Backoff.Max ? after : Backoff.Max;
            }
        }

        Set(pending);
        return decided || (Unmarked > 0 && !retried);
    }

    /// <summary>Completes the items that have used up their tries.</summary>
    /// <param name="retries">The number of retries.</param>
    /// <param name="complete">Receives them.</param>
    public void FailExhausted(int retries, CompleteDelivery complete)
    {
        if (!_pending.Exists(item => item.Tries > retries))
        {
            return;
        }

        foreach (var item in _pending.Where(item => item.Tries > retries))
        {
            complete(item.Intervention, new DeliveryResult(item.IsUnmarked ? FinalOutcome.Unmarked : FinalOutcome.Failed, item.Reason), Tries);
        }

        Set(_pending.FindAll(item => item.Tries <= retries));
    }

    /// <summary>Gives the items back that wait for a halted sink, which may take long. One stays as a probe, unless the sink is disabled.</summary>
    /// <param name="halt">Why the sink has stopped.</param>
    /// <param name="complete">Receives the others.</param>
    /// <returns><see langword="false"/> if none is left.</returns>
    public bool GiveBack(in SinkHalt halt, CompleteDelivery complete)
    {
        var probes = halt.IsFinal ? 0 : 1;
        if (_pending.Count > probes)
        {
            foreach (var item in _pending[probes..])
            {
                complete(item.Intervention, new DeliveryResult(FinalOutcome.Postponed, $"the sink has stopped: {halt.Reason}", TimeSpan.Zero), Tries);
            }

            Set(_pending[..probes]);
        }

        return _pending.Count > 0;
    }

    /// <summary>Gives the items back that have expired, which were not tried since.</summary>
    /// <param name="now">The time.</param>
    /// <param name="complete">Receives them.</param>
    /// <returns><see langword="false"/> if none is left.</returns>
    public bool GiveBackExpired(DateTimeOffset now, CompleteDelivery complete)
    {
        if (_pending.Exists(item => item.Intervention.UsefulUntil < now))
        {
            foreach (var item in _pending.Where(item => item.Intervention.UsefulUntil < now))
            {
                complete(item.Intervention, new DeliveryResult(FinalOutcome.Postponed, "it is of no use any more", TimeSpan.Zero), Tries);
            }

            Set(_pending.FindAll(item => !(item.Intervention.UsefulUntil < now)));
        }

        return _pending.Count > 0;
    }

    /// <summary>Ends the items that were withdrawn.</summary>
    /// <param name="withdrawn">The withdrawn interventions.</param>
    /// <param name="complete">Receives them.</param>
    /// <returns><see langword="false"/> if none is left.</returns>
    public bool Withdraw(Withdrawals withdrawn, CompleteDelivery complete)
    {
        if (_pending.Exists(item => withdrawn.Contains(item.Intervention.Id)))
        {
            foreach (var item in _pending.Where(item => withdrawn.Contains(item.Intervention.Id)))
            {
                complete(item.Intervention, new DeliveryResult(FinalOutcome.Rejected, "it was withdrawn"), Tries);
            }

            Set(_pending.FindAll(item => !withdrawn.Contains(item.Intervention.Id)));
        }

        return _pending.Count > 0;
    }

    /// <summary>Returns whether the current attempt probes an open circuit; true only on the first call.</summary>
    public bool TakeProbe()
    {
        var taken = _probe;
        _probe = false;
        return taken;
    }

    /// <summary>Counts a failed probe. After very many, the oldest pending intervention fails.</summary>
    /// <param name="complete">Receives it.</param>
    public void CountFailedProbe(CompleteDelivery complete)
    {
        if (++_failedProbes < MaxFailedProbes || _pending.Count == 0)
        {
            return;
        }

        _failedProbes = 0;
        complete(_pending[0].Intervention, new DeliveryResult(FinalOutcome.Failed, _pending[0].Reason), Tries);
        Set(_pending[1..]);
    }

    /// <summary>Clears the pending interventions, all of which have failed.</summary>
    public void Close() => Set([]);

    static FinalOutcome? OutcomeOf(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => FinalOutcome.Delivered,
        DeliveryOutcome.Rejected => FinalOutcome.Rejected,
        DeliveryOutcome.Bounced => FinalOutcome.Bounced,
        DeliveryOutcome.SoftBounced => FinalOutcome.SoftBounced,
        DeliveryOutcome.Postponed or DeliveryOutcome.Halted or DeliveryOutcome.Disabled => FinalOutcome.Postponed,
        _ => null,
    };

    void Set(List<Item> pending)
    {
        _pending = pending;
        Pending = [.. pending.Select(item => item.Intervention)];
    }

    readonly record struct Item(Intervention Intervention, string? Reason, int Tries, bool IsUnmarked = false);
}

/// <summary>Why a sink has stopped.</summary>
/// <param name="Reason">What the receiver refused.</param>
/// <param name="IsFinal">Whether it does not try again by itself.</param>
readonly record struct SinkHalt(string Reason, bool IsFinal);
