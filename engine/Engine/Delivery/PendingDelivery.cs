using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <summary>A batch on its way through its tries: what is still to be delivered, and why it is not yet.</summary>
/// <param name="items">What is to be delivered.</param>
/// <param name="probe">The first try was let through an open circuit.</param>
sealed class PendingDelivery(IReadOnlyList<Intervention> items, bool probe)
{
    // A single intervention that its receiver cannot digest must not look like a receiver that is down for ever.
    const int MostFailedProbes = 100;

    // The reason of an item that the sink did not mark.
    const string UnmarkedReason = "unmarked";

    bool _probe = probe;
    int _failedProbes;

    string?[] _reasons = new string?[items.Count];

    /// <summary>The interventions without a final outcome.</summary>
    public IReadOnlyList<Intervention> Pending { get; private set; } = items;

    /// <summary>How long the receiver asked to wait before the next try, up to <see cref="Backoff.Longest"/>.</summary>
    public TimeSpan? Wait { get; private set; }

    /// <summary>What was wrong with the first item that was not delivered by the last try; <see langword="null"/> if nothing was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Items that the last write returned without a mark, neither throwing nor running out of time.</summary>
    public int Unmarked { get; private set; }

    /// <summary>Tries so far.</summary>
    public int Tries { get; private set; }

    /// <summary>Why the pending intervention at this place is not delivered; <see langword="null"/> before the first try.</summary>
    public string? ReasonOf(int index) => _reasons[index];

    /// <summary>Takes the verdicts of a try: settles what is final and keeps the rest.</summary>
    /// <param name="batch">The pending interventions, as the sink left them.</param>
    /// <param name="failure">Why the write as a whole failed, so that what is not marked stays pending; or <see langword="null"/>.</param>
    /// <param name="settle">Takes what is final.</param>
    /// <returns>Whether the write worked: the receiver decided on an item, or the sink returned without a word against any. What it left
    /// unmarked is retried, but does not open the circuit: behind an open circuit an item is probed far more often than <c>retries</c>,
    /// and a sink that delivers without marking would repeat it each time.</returns>
    public bool Apply(DeliveryBatch batch, string? failure, Action<Intervention, DeliveryAttemptOutcome, string?, int> settle)
    {
        Tries++;
        Wait = null;
        Problem = null;
        Unmarked = 0;
        var decided = false;
        var refused = false;
        var pending = new List<Intervention>();
        var reasons = new List<string?>();
        for (var i = 0; i < batch.Items.Count; i++)
        {
            // Read once: a sink that did not return may still be marking.
            var mark = batch.VerdictOf(i);
            if (mark is null && failure is null)
                Unmarked++;
            else
                refused |= mark is null or { Outcome: DeliveryOutcome.Retry };
            var verdict = mark ?? new DeliveryVerdict(DeliveryOutcome.Retry, failure ?? UnmarkedReason, After: null);
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
        return decided || (Unmarked > 0 && !refused);
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
