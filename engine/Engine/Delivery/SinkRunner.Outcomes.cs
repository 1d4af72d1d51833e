using CartRecovery.Contracts;

namespace CartRecovery.Engine.Delivery;

/// <content>Counts, logs and reports outcomes.</content>
public sealed partial class SinkRunner
{
    long _dropsLogged;

    void Complete(PendingDelivery delivery)
    {
        var pending = delivery.Pending;
        var outcome = _stop.IsCancellationRequested ? FinalOutcome.Kept : FinalOutcome.Failed;
        for (var i = 0; i < pending.Count; i++)
        {
            Complete(pending[i], new DeliveryResult(outcome, delivery.ReasonOf(i)), delivery.Tries);
        }

        delivery.Close();
    }

    void Complete(Intervention intervention, DeliveryResult result, int tries)
    {
        Counters.Add(intervention.Action, result.Outcome);
        var why = result.Outcome switch
        {
            FinalOutcome.Delivered => null,
            FinalOutcome.Dropped => "the queue was full",
            _ => FailureReason.Clean(result.Reason ?? "the engine stopped", [intervention]),
        };
        DeliveryLog.Outcome(_logger, Name, intervention, result.Outcome, tries, why);
        try
        {
            _observer?.Invoke(intervention, result with { Reason = why });
        }
        catch (Exception error)
        {
            DeliveryLog.ObserverThrew(_logger, Name, error);
        }
    }

    // Logged off the journey thread and aggregated: a full queue must not flood the log.
    void LogDrops()
    {
        var dropped = Dropped;
        if (dropped == _dropsLogged)
        {
            return;
        }

        DeliveryLog.Dropped(_logger, Name, _options.Queue, dropped - _dropsLogged);
        _dropsLogged = dropped;
    }
}
