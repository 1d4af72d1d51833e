using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

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

    string?[] _reasons = new string?[items.Count];

    /// <summary>Interventions without a final outcome.</summary>
    public IReadOnlyList<Intervention> Pending { get; private set; } = items;

    /// <summary>Delay that the receiver asked for, up to <see cref="Backoff.Max"/>.</summary>
    public TimeSpan? Wait { get; private set; }

    /// <summary>Error of the first item that the last attempt did not deliver; <see langword="null"/> if there is none.</summary>
    public string? Problem { get; private set; }

    /// <summary>Number of items that the last write returned unmarked without throwing or timing out.</summary>
    public int Unmarked { get; private set; }

    /// <summary>Number of attempts so far.</summary>
    public int Tries { get; private set; }

    /// <summary>
    /// Returns why the pending intervention at an index is not delivered; <see langword="null"/> before the first attempt.
    /// </summary>
    public string? ReasonOf(int index) => _reasons[index];

    /// <summary>Applies the results of an attempt: completes items with a final outcome and keeps the others.</summary>
    /// <param name="batch">The pending interventions, as marked by the sink.</param>
    /// <param name="failure">Why the write failed as a whole, so that unmarked items stay pending; or <see langword="null"/>.</param>
    /// <param name="complete">Receives final outcomes.</param>
    /// <returns>Whether the write succeeded: the receiver decided on an item, or the sink returned without reporting a failure. Unmarked
    /// items are retried but do not open the circuit: an open circuit probes far more often than <c>retries</c>, so a sink that delivers
    /// without marking would deliver repeatedly.</returns>
    public bool Apply(DeliveryBatch batch, string? failure, Action<Intervention, FinalOutcome, string?, int> complete)
    {
        Tries++;
        Wait = null;
        Problem = null;
        Unmarked = 0;
        var decided = false;
        var retried = false;
        var pending = new List<Intervention>();
        var reasons = new List<string?>();
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
                retried |= mark is null or { Outcome: DeliveryOutcome.Retry };
            }

            var verdict = mark ?? new DeliveryVerdict(DeliveryOutcome.Retry, failure ?? UnmarkedReason, After: null);
            if (verdict.Outcome != DeliveryOutcome.Delivered)
            {
                Problem ??= verdict.Reason;
            }

            decided |= verdict.Outcome != DeliveryOutcome.Retry;
            switch (verdict.Outcome)
            {
                case DeliveryOutcome.Delivered:
                    complete(batch.Items[i], FinalOutcome.Delivered, null, Tries);
                    break;
                case DeliveryOutcome.Rejected:
                    complete(batch.Items[i], FinalOutcome.Rejected, verdict.Reason, Tries);
                    break;
                case DeliveryOutcome.Bounced:
                    complete(batch.Items[i], FinalOutcome.Bounced, verdict.Reason, Tries);
                    break;
                default:
                    pending.Add(batch.Items[i]);
                    reasons.Add(verdict.Reason);
                    if (verdict.After is { } after && after > (Wait ?? TimeSpan.Zero))
                    {
                        Wait = after < Backoff.Max ? after : Backoff.Max;
                    }

                    break;
            }
        }

        Pending = pending;
        _reasons = [.. reasons];
        return decided || (Unmarked > 0 && !retried);
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
    public void CountFailedProbe(Action<Intervention, FinalOutcome, string?, int> complete)
    {
        if (++_failedProbes < MaxFailedProbes)
        {
            return;
        }

        _failedProbes = 0;
        complete(Pending[0], FinalOutcome.Failed, _reasons[0], Tries);
        Pending = [.. Pending.Skip(1)];
        _reasons = _reasons[1..];
    }

    /// <summary>Clears the pending interventions, all of which have failed.</summary>
    public void Close() => Pending = [];
}
