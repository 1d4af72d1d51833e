using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Stores;
using CartRecovery.Engine.Delivery;
using CartRecovery.Host.Api;

namespace CartRecovery.Host.Jobs;

/// <summary>Sends notices and reports to operators through the sink that <c>control.notices</c> names. Thread-safe.</summary>
sealed class Notices(IEngineState engine, SinkSet sinks, StoreDirectory stores, TimeProvider time)
{
    // Bounds a message; longer texts are truncated.
    const int MaxText = 20_000;

    static readonly TimeSpan s_useful = TimeSpan.FromHours(24);

    /// <summary>Whether a sink is configured.</summary>
    public bool IsConfigured => engine.Config.Control.Notices is not null;

    /// <summary>Queues a message for the sink. Does not block.</summary>
    /// <returns><see langword="false"/> if there is no sink, or its queue is full.</returns>
    public bool TrySend(string subject, string text) => engine.Config.Control.Notices is { } notices && TrySend(notices.Sink, notices.To, subject, text);

    /// <summary>Queues a text for a sink. Does not block.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="to">The e-mail address, if the sink sends e-mails.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="text">The text.</param>
    /// <returns><see langword="false"/> if there is no such sink, or its queue is full.</returns>
    public bool TrySend(string sink, string? to, string subject, string text)
    {
        var (store, now) = (stores.Stores[0], time.GetUtcNow());
        return sinks.TryDeliver(sink, new Intervention
        {
            Id = $"iv_{Guid.NewGuid():N}",
            StoreId = store.Id,
            CartId = "",
            Campaign = "",
            Channel = sink,
            Action = ActionKind.Reminder,
            Subject = subject,
            Message = text.Length > MaxText ? text[..MaxText] : text,
            Recipient = to is null ? null : new Recipient(Email: to),
            Cart = new CartSummary(0, 0, store.Currency),
            Reasons = new DecisionReasons("", 0, [], ""),
            DecidedAt = now,
            UsefulUntil = now + s_useful,
        });
    }
}
