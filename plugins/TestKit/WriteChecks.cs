using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Checks <see cref="ISink.WriteAsync"/> with an accepting receiver.</summary>
sealed class WriteChecks(ContractRun run)
{
    const int BatchSize = 10;

    public async Task MarksOnceAsync()
    {
        var instance = run.Create();
        if (await run.ConnectAsync(instance))
        {
            await DeliverAsync(instance, run.Items(BatchSize));
            await DeliverAsync(instance, run.Items(1));
        }

        await run.DisposeAsync(instance);
    }

    public async Task PassesIdAsync()
    {
        var instance = run.Create();
        var items = run.Items(1);
        if (await run.ConnectAsync(instance))
        {
            await run.WriteAsync(instance, items);
            await run.WriteAsync(instance, items);
            var count = Count(await run.ReceivedAsync(received => Count(received, items[0].Id) >= 2), items[0].Id);
            run.Expect(count == 2, $"of two writes of the same intervention, {count} carried its id");
        }

        await run.DisposeAsync(instance);
    }

    public async Task ConcurrentlyAsync()
    {
        var instance = run.Create();
        var batches = Enumerable.Range(0, run.Options.MaxInFlight).Select(_ => run.Items(BatchSize)).ToArray();
        if (await run.ConnectAsync(instance))
        {
            await Task.WhenAll(batches.Select(items => DeliverAsync(instance, items)));
        }

        await run.DisposeAsync(instance);
    }

    public async Task AfterReconnectAsync()
    {
        var instance = run.Create();
        if (await run.ConnectAsync(instance))
        {
            await DeliverAsync(instance, run.Items(1));
            if (await run.ConnectAsync(instance))
            {
                await DeliverAsync(instance, run.Items(1));
            }
        }

        await run.DisposeAsync(instance);
    }

    public async Task EndsWhenCancelledAsync()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var instance = run.Create();
        await run.CallAsync("a cancelled connect", () => instance.Sink.ConnectAsync(cancelled.Token));
        if (await run.ConnectAsync(instance))
        {
            var (batch, _) = await run.WriteAsync(instance, run.Items(2), cancelled.Token);
            for (var i = 0; i < batch.Items.Count; i++)
            {
                run.Expect(batch.VerdictOf(i)?.Outcome is null or DeliveryOutcome.Retry or DeliveryOutcome.Postponed or DeliveryOutcome.Skipped or DeliveryOutcome.Delivered,
                    $"a cancelled write marked an item {batch.VerdictOf(i)?.Outcome}");
            }
        }

        await run.DisposeAsync(instance);
    }

    async Task DeliverAsync(SinkInstance instance, Intervention[] items)
    {
        var (batch, error) = await run.WriteAsync(instance, items);
        run.Expect(error is null, $"a write threw {error?.GetType().Name}: {error?.Message}");
        if (error is not null)
        {
            return;
        }

        for (var i = 0; i < items.Length; i++)
        {
            var verdict = batch.VerdictOf(i);
            run.Expect(batch.MarksOf(i) == 1, $"item {i} of {items.Length} was marked {batch.MarksOf(i)} times");
            run.Expect(verdict is null or { Outcome: DeliveryOutcome.Delivered }, $"item {i} was marked {verdict?.Outcome} ({verdict?.Reason})");
        }

        if (run.Receiver.Received is null || !run.Options.PassesId)
        {
            return;
        }

        var received = await run.ReceivedAsync(all => items.All(item => Count(all, item.Id) > 0));
        foreach (var item in items)
        {
            run.Expect(Count(received, item.Id) == 1, $"an item marked as delivered was received {Count(received, item.Id)} times with its id");
        }
    }

    static int Count(IReadOnlyList<string> received, string id) => received.Count(text => text.Contains(id, StringComparison.Ordinal));
}
