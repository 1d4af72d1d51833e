using CartRecovery.Contracts;
using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Sending;

/// <summary>Records what became of messages that sinks have, and what that says about their addresses.</summary>
/// <param name="store">The store.</param>
/// <param name="ports">Knows the channels.</param>
/// <param name="counters">The counters.</param>
sealed class OutcomeRecorder(JourneyStore store, IJourneyPorts ports, JourneyCounters counters)
{
    // Messages in a row that a mailbox did not take before its address is suppressed.
    const int MaxSoftBounces = 3;

    const string Hidden = "(the address)";

    /// <summary>Records the outcome of a delivery by a sink.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="reason">Why it was not delivered; <see cref="WithheldReason.None"/> if it was.</param>
    /// <param name="detail">The sink's explanation.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public void Record(Intervention intervention, WithheldReason reason, string? detail, long now)
    {
        if (!store.Messages.End(intervention.Id, reason, Redact(detail, intervention.Recipient), now))
        {
            return;
        }

        counters.AddEnded(intervention.Channel, intervention.Action.ToString().ToLowerInvariant(),
            reason == WithheldReason.None ? "delivered" : WithheldReasons.NameOf(reason));
        if (reason != WithheldReason.None)
        {
            counters.AddWithheld(reason);
        }

        if (intervention.Recipient is { } recipient && ports.Find(intervention.Channel) is { } channel
            && CustomerTables.AddressOf(recipient, channel.Address) is { } address)
        {
            RecordBounce(intervention.StoreId, channel.Address, address, reason, now);
        }
    }

    // A mailbox that is full or disabled may be used again; one that took none of several messages is not written to any more.
    void RecordBounce(string storeId, AddressKind kind, string address, WithheldReason reason, long now)
    {
        var reached = store.Addresses.Of(storeId, address);
        if (reason == WithheldReason.None)
        {
            store.SoftBounces.Reset(reached);
        }
        else if (reason == WithheldReason.Bounced)
        {
            store.Customers.Suppress(storeId, kind, address, "bounced", now);
        }
        else if (reason == WithheldReason.SoftBounced && store.SoftBounces.Add(reached, now) >= MaxSoftBounces)
        {
            store.Customers.Suppress(storeId, kind, address, "mailbox_unavailable", now);
            store.SoftBounces.Reset(reached);
        }
    }

    /// <summary>Tries a message again later that its sink could not deliver now, while it is of use.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="detail">The sink's explanation.</param>
    /// <param name="after">Minimum wait (ms); 0 if it was not tried.</param>
    /// <param name="now">Milliseconds since 1970 UTC.</param>
    public void Postpone(Intervention intervention, string? detail, long? after, long now)
    {
        if (store.Messages.AttemptsOf(intervention.Id) is not var (attempts, usefulUntil, isOver))
        {
            return;
        }

        var channel = ports.Find(intervention.Channel);
        long? due = channel is null || (channel.IsMessage && isOver) ? null
            : after == 0 ? now
            : RetrySchedule.NextTry(intervention.Id, channel, ++attempts, after ?? 0, usefulUntil, now);
        if (due is not { } until)
        {
            Record(intervention, WithheldReason.Failed, detail, now);
            return;
        }

        store.Messages.Postpone(intervention.Id, until, Redact(detail, intervention.Recipient), attempts);
        counters.AddDeferred(WithheldReason.Postponed);
    }

    // Mail servers repeat the address that they refuse. It stays out of the database.
    static string? Redact(string? detail, Recipient? recipient)
    {
        foreach (var address in new[] { recipient?.Email, recipient?.PushToken })
        {
            detail = address is null ? detail : detail?.Replace(address, Hidden, StringComparison.OrdinalIgnoreCase);
        }

        return detail is null || recipient?.Phone is not { } phone ? detail : PhoneDigits.Replace(detail, phone, Hidden);
    }
}
