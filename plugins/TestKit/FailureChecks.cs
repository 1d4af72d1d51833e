using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Checks how a sink handles a failing receiver. A connect or write that throws counts as a retry.</summary>
sealed class FailureChecks(ContractRun run)
{
    public async Task HangAsync()
    {
        using var timeout = new CancellationTokenSource();
        var instance = run.Create();
        var connecting = run.CallAsync("a cancelled connect", () => instance.Sink.ConnectAsync(timeout.Token));
        timeout.CancelAfter(TimeSpan.FromMilliseconds(300));
        if (await connecting is null)
        {
            var (batch, error) = await run.WriteAsync(instance, run.Items(2), timeout.Token);
            run.Expect(timeout.IsCancellationRequested, "it did not wait for the answer");
            Expect(batch, error, DeliveryOutcome.Retry, mayLeaveUnmarked: true);
        }

        await run.DisposeAsync(instance);
    }

    // Also break the connection of a connected sink.
    public async Task RefuseAsync()
    {
        await AttemptAsync(run.Create(), DeliveryOutcome.Retry, after: null);
        await run.Receiver.SetAsync(ReceiverBehaviour.Accept);
        var instance = run.Create();
        if (!await run.ConnectAsync(instance))
        {
            return;
        }

        await run.Receiver.SetAsync(ReceiverBehaviour.RefuseConnections);
        var (batch, error) = await run.WriteAsync(instance, run.Items(2));
        Expect(batch, error, DeliveryOutcome.Retry, mayLeaveUnmarked: false);
        await RecoverAsync(instance);
    }

    public Task FailAsync() => AttemptAsync(run.Create(), DeliveryOutcome.Retry, after: null);

    public Task ThrottleAsync() => AttemptAsync(run.Create(), DeliveryOutcome.Retry, SinkReceiver.RetryAfter);

    public Task RejectAsync() => AttemptAsync(run.Create(), DeliveryOutcome.Rejected, after: null);

    async Task AttemptAsync(SinkInstance instance, DeliveryOutcome expected, TimeSpan? after)
    {
        if (await run.CallAsync("connecting", () => instance.Sink.ConnectAsync(CancellationToken.None)) is not null)
        {
            run.Expect(expected == DeliveryOutcome.Retry, "it could not connect to a receiver that only rejects the interventions");
        }
        else
        {
            var (batch, error) = await run.WriteAsync(instance, run.Items(2));
            Expect(batch, error, expected, mayLeaveUnmarked: false);
            if (after is not null)
            {
                for (var i = 0; i < batch.Items.Count; i++)
                {
                    run.Expect(batch.VerdictOf(i)?.After == after, $"the receiver asked to wait {after.Value.TotalSeconds} s, the sink {batch.VerdictOf(i)?.After?.TotalSeconds.ToString() ?? "nothing"}");
                }
            }
        }

        await RecoverAsync(instance);
    }

    // As the engine does: reconnect, then write again.
    async Task RecoverAsync(SinkInstance instance)
    {
        await run.Receiver.SetAsync(ReceiverBehaviour.Accept);
        if (await run.ConnectAsync(instance))
        {
            var (batch, error) = await run.WriteAsync(instance, run.Items(1));
            run.Expect(error is null && batch.VerdictOf(0)?.Outcome == DeliveryOutcome.Delivered, "it does not deliver once the receiver accepts again");
        }

        await run.DisposeAsync(instance);
    }

    void Expect(DeliveryBatch batch, Exception? error, DeliveryOutcome expected, bool mayLeaveUnmarked)
    {
        for (var i = 0; i < batch.Items.Count; i++)
        {
            var outcome = batch.VerdictOf(i)?.Outcome ?? (error is not null || mayLeaveUnmarked ? DeliveryOutcome.Retry : null);
            // A permanently rejected address may also be reported as bounced.
            // Also what concerns the item alone, or everything, is a retry or a rejection.
            var holds = outcome == expected
                || (expected == DeliveryOutcome.Rejected && outcome is DeliveryOutcome.Bounced or DeliveryOutcome.SoftBounced or DeliveryOutcome.Halted)
                || (expected is DeliveryOutcome.Retry or DeliveryOutcome.Rejected && outcome is DeliveryOutcome.Skipped)
                || (expected == DeliveryOutcome.Retry && outcome is DeliveryOutcome.Postponed);
            run.Expect(holds, $"item {i} was {(outcome is null ? "not marked" : $"marked {outcome}")} instead of {expected}{(error is null ? "" : $" ({error.GetType().Name})")}");
            run.Expect(batch.MarksOf(i) <= 1, $"item {i} was marked {batch.MarksOf(i)} times");
        }
    }
}
