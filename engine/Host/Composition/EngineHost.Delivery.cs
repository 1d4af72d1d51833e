using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Host.Composition;

/// <content>Handles the outcomes of deliveries.</content>
sealed partial class EngineHost
{
    // Kept interventions are delivered after the next start, or by the sink that replaces theirs. Dropped ones are retried later. Neither outcome is final.
    void RecordOutcome(Intervention intervention, DeliveryResult result)
    {
        if (result.Outcome is not (FinalOutcome.Kept or FinalOutcome.Dropped))
        {
            Journeys.RecordOutcome(intervention, ReasonOf(result.Outcome), result.Reason, result.After);
        }
        else if (result.Outcome == FinalOutcome.Kept && !_stopped)
        {
            _ = RedeliverAsync(intervention);
        }
    }

    static WithheldReason ReasonOf(FinalOutcome outcome) => outcome switch
    {
        FinalOutcome.Rejected => WithheldReason.Rejected,
        FinalOutcome.Failed or FinalOutcome.Postponed => WithheldReason.Postponed,
        FinalOutcome.Unmarked => WithheldReason.Failed,
        FinalOutcome.Bounced => WithheldReason.Bounced,
        FinalOutcome.SoftBounced => WithheldReason.SoftBounced,
        _ => WithheldReason.None,
    };

    // Passes undelivered interventions of a replaced sink to the sink of the same name, as a restart does.
    async Task RedeliverAsync(Intervention intervention)
    {
        while (!_stopped)
        {
            var runners = Sinks.Runners;
            try
            {
                if (!await Sinks.DeliverAsync(intervention.Channel, intervention))
                {
                    Journeys.RecordOutcome(intervention, WithheldReason.ChannelGone, detail: null);
                }

                return;
            }
            catch (Exception e) when (e is ChannelClosedException or OperationCanceledException)
            {
                // Otherwise another reload has replaced that sink too; or the engine is stopping, and delivers after its next start.
                if (Sinks.Runners == runners)
                {
                    return;
                }
            }
        }
    }

    // Returns why the flush did not complete in time; null if it did.
    async Task<string?> FlushAsync(Func<CancellationToken, Task> flush)
    {
        using var deadline = new CancellationTokenSource(s_drain);
        try
        {
            await flush(deadline.Token);
            return null;
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException || Fault is not null)
        {
            return e.Message;
        }
    }
}
