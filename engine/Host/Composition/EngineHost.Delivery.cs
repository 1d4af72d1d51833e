using System.Threading.Channels;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Engine.Journeys.Policy;

namespace CartRecovery.Host.Composition;

/// <content>Handles the outcomes of deliveries.</content>
sealed partial class EngineHost
{
    // Kept interventions are delivered after the next start, or by the sink that replaces theirs; dropped ones are retried later: neither
    // is final.
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

    // What a former sink did not deliver goes to the one of its name, as after a restart.
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
                // Another reload replaced that sink too; or the engine stops, and resumes the delivery at its next start.
                if (Sinks.Runners == runners)
                {
                    return;
                }
            }
        }
    }

    // Returns why it was not completed in time; null if it was.
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
