using CartRecovery.Contracts;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Engine.Delivery;

/// <summary>Logs deliveries. Identifies an intervention only by its own id, never by the shopper's, cart's or session's.</summary>
static partial class DeliveryLog
{
    /// <summary>Logs an intervention's final outcome, except <see cref="FinalOutcome.Dropped"/>, which is logged in total.</summary>
    public static void Outcome(ILogger logger, string sink, Intervention intervention, FinalOutcome outcome, int tries, string? reason)
    {
        var (id, action) = (intervention.Id, intervention.Action);
        switch (outcome)
        {
            case FinalOutcome.Delivered:
                Delivered(logger, sink, id, action, tries);
                break;
            case FinalOutcome.Rejected:
                Rejected(logger, sink, id, action, reason!);
                break;
            case FinalOutcome.Bounced:
                Bounced(logger, sink, id, action, reason!);
                break;
            case FinalOutcome.Kept:
                Kept(logger, sink, id, action, tries);
                break;
            case FinalOutcome.SoftBounced:
                SoftBounced(logger, sink, id, action, reason!);
                break;
            case FinalOutcome.Postponed:
                Postponed(logger, sink, id, action, reason!);
                break;
            case FinalOutcome.Failed or FinalOutcome.Unmarked:
                Failed(logger, sink, id, action, tries, reason!);
                break;
        }
    }

    [LoggerMessage(EventName = "sink_connected", Level = LogLevel.Information, Message = "Sink {Sink} is connected")]
    public static partial void Connected(ILogger logger, string sink);

    [LoggerMessage(EventName = "sink_cannot_connect", Level = LogLevel.Warning, Message = "Sink {Sink} cannot connect: {Reason}")]
    public static partial void CannotConnect(ILogger logger, string sink, string reason);

    [LoggerMessage(EventName = "intervention_delivered", Level = LogLevel.Debug, Message = "Sink {Sink} delivered {InterventionId} ({Action}) in {Tries} tries")]
    static partial void Delivered(ILogger logger, string sink, string interventionId, ActionKind action, int tries);

    [LoggerMessage(EventName = "intervention_rejected", Level = LogLevel.Warning,
        Message = "Sink {Sink}: the receiver rejected {InterventionId} ({Action}): {Reason}")]
    static partial void Rejected(ILogger logger, string sink, string interventionId, ActionKind action, string reason);

    [LoggerMessage(EventName = "intervention_bounced", Level = LogLevel.Warning, Message = "Sink {Sink}: {InterventionId} ({Action}) bounced: {Reason}")]
    static partial void Bounced(ILogger logger, string sink, string interventionId, ActionKind action, string reason);

    [LoggerMessage(EventName = "mailbox_full", Level = LogLevel.Warning, Message = "Sink {Sink}: the mailbox of {InterventionId} ({Action}) takes no mail: {Reason}")]
    static partial void SoftBounced(ILogger logger, string sink, string interventionId, ActionKind action, string reason);

    [LoggerMessage(EventName = "intervention_postponed", Level = LogLevel.Information, Message = "Sink {Sink}: {InterventionId} ({Action}) is postponed: {Reason}")]
    static partial void Postponed(ILogger logger, string sink, string interventionId, ActionKind action, string reason);

    [LoggerMessage(EventName = "sink_halted", Level = LogLevel.Error, Message = "Sink {Sink} has stopped {Until}: {Reason}")]
    public static partial void Halted(ILogger logger, string sink, string reason, string until);

    [LoggerMessage(EventName = "sink_paused", Level = LogLevel.Warning,
        Message = "Sink {Sink}: {Failures} consecutive writes failed; pausing for {Seconds:0.0} s")]
    public static partial void CircuitOpened(ILogger logger, string sink, int failures, double seconds);

    [LoggerMessage(EventName = "sink_recovered", Level = LogLevel.Information, Message = "Sink {Sink} has recovered")]
    public static partial void CircuitClosed(ILogger logger, string sink);

    [LoggerMessage(EventName = "intervention_failed", Level = LogLevel.Warning,
        Message = "Sink {Sink} gave up {InterventionId} ({Action}) after {Tries} attempts: {Reason}")]
    static partial void Failed(ILogger logger, string sink, string interventionId, ActionKind action, int tries, string reason);

    [LoggerMessage(EventName = "sink_left_unmarked", Level = LogLevel.Error,
        Message = "Sink {Sink} left {Count} interventions unmarked; they are retried and may arrive twice. Fix the plugin")]
    public static partial void Unmarked(ILogger logger, string sink, long count);

    [LoggerMessage(EventName = "sink_queue_full", Level = LogLevel.Warning, Message = "Sink {Sink}: the queue of {Capacity} is full; {Count} dropped")]
    public static partial void Dropped(ILogger logger, string sink, int capacity, long count);

    [LoggerMessage(EventName = "sink_observer_failed", Level = LogLevel.Error, Message = "Sink {Sink}: a delivery observer threw")]
    public static partial void ObserverThrew(ILogger logger, string sink, Exception exception);

    [LoggerMessage(EventName = "intervention_undelivered", Level = LogLevel.Warning,
        Message = "Sink {Sink}: {Id} ({Action}) undelivered at stop, after {Tries} attempts")]
    static partial void Kept(ILogger logger, string sink, string id, ActionKind action, int tries);

    [LoggerMessage(EventName = "sink_delivery_broke_off", Level = LogLevel.Error, Message = "Sink {Sink}: a delivery failed unexpectedly")]
    public static partial void BrokeOff(ILogger logger, string sink, Exception exception);
}
