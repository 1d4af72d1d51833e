using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>A batch on its way through its tries: what is still to be delivered, and why it is not yet.</summary>
/// <param name="items">What is to be delivered.</param>
/// <param name="probe">The first try was let through an open circuit.</param>
sealed class PendingDelivery(IReadOnlyList<Intervention> items, bool probe)
{
    // A single intervention that its receiver cannot digest must not look like a receiver that is down for ever.
    const int MostFailedProbes = 100;

    bool _probe = probe;
    int _failedProbes;

    string?[] _reasons = new string?[items.Count];

    /// <summary>The interventions without a final outcome.</summary>
    public IReadOnlyList<Intervention> Pending { get; private set; } = items;

    /// <summary>How long the receiver asked to wait before the next try, up to <see cref="Backoff.Longest"/>.</summary>
    public TimeSpan? Wait { get; private set; }

    /// <summary>What was wrong with the first item that was not delivered by the last try; <see langword="null"/> if nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Tries so far.</summary>
    public int Tries { get; private set; }

    /// <summary>Why the pending intervention at this place is not delivered; <see langword="null"/> before the first try.</summary>
    public string? ReasonOf(int index) => _reasons[index];

    /// <summary>Takes the verdicts of a try: settles what is final and keeps the rest.</summary>
    /// <param name="batch">The pending interventions, as the sink left them.</param>
    /// <param name="failure">Why the write as a whole failed, so that what is not marked stays pending; or <see langword="null"/>.</param>
    /// <param name="settle">Takes what is final.</param>
    /// <returns>Whether the receiver decided on any: took it, refused it, or said that its address is none.</returns>
    public bool Apply(DeliveryBatch batch, string? failure, Action<Intervention, DeliveryAttemptOutcome, string?, int> settle)
    {
        Tries++;
        Wait = null;
        Problem = null;
        var decided = false;
        var pending = new List<Intervention>();
        var reasons = new List<string?>();
        for (var i = 0; i < batch.Items.Count; i++)
        {
            // Read once: a sink that did not return may still be marking.
            var verdict = batch.VerdictOf(i) ?? (failure is null
                ? DeliveryVerdict.Delivered
                : new DeliveryVerdict(DeliveryOutcome.Retry, failure, After: null));
            if (verdict.Outcome != DeliveryOutcome.Delivered)
                Problem ??= verdict.Reason;
            decided |= verdict.Outcome != DeliveryOutcome.Retry;
            switch (verdict.Outcome)
            {
                case DeliveryOutcome.Delivered:
                    settle(batch.Items[i], DeliveryAttemptOutcome.Delivered, null, Tries);
                    break;
                case DeliveryOutcome.Rejected:
                    settle(batch.Items[i], DeliveryAttemptOutcome.Rejected, verdict.Reason, Tries);
                    break;
                case DeliveryOutcome.Bounced:
                    settle(batch.Items[i], DeliveryAttemptOutcome.Bounced, verdict.Reason, Tries);
                    break;
                default:
                    pending.Add(batch.Items[i]);
                    reasons.Add(verdict.Reason);
                    if (verdict.After is { } after && after > (Wait ?? TimeSpan.Zero))
                        Wait = after < Backoff.Longest ? after : Backoff.Longest;
                    break;
            }
        }

        Pending = pending;
        _reasons = [.. reasons];
        return decided;
    }

    /// <summary>Whether the try at hand was let through an open circuit before it began; says so once.</summary>
    public bool TakeProbe()
    {
        var taken = _probe;
        _probe = false;
        return taken;
    }

    /// <summary>Counts a probe that failed; after very many, the oldest pending intervention is given up.</summary>
    /// <param name="settle">Takes it.</param>
    public void CountFailedProbe(Action<Intervention, DeliveryAttemptOutcome, string?, int> settle)
    {
        if (++_failedProbes < MostFailedProbes)
            return;
        _failedProbes = 0;
        settle(Pending[0], DeliveryAttemptOutcome.Failed, _reasons[0], Tries);
        Pending = [.. Pending.Skip(1)];
        _reasons = _reasons[1..];
    }

    /// <summary>Nothing is pending any more: the rest has been given up.</summary>
    public void Close() => Pending = [];
}
