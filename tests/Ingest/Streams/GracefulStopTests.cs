using CartRecovery.Tests.Ingest.Connections;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.Streams;

[TestFixture]
sealed class GracefulStopTests
{
    [Test]
    public async Task Accepted_events_are_decided_and_acknowledged_before_shutdown([Values] StreamTransport via)
    {
        const int count = 1000;
        await using var engine = await InProcessEngine.StartAsync(config =>
        {
            config.Partitions = 1;
            config.Decisions.Campaigns.Add(InProcessEngine.Answering("begin_checkout"));
        });
        using var gate = new PartitionGate(engine);
        using var client = await StreamClient.OpenAsync(engine, via);
        await client.SendAsync([EventJson.Of("blocker", "begin_checkout"), .. EventJson.Many("c", count)]);
        await Eventually.Is(() => engine.Counts.Received == count + 1, "all events are accepted");
        var stopping = engine.Host.StopAsync();
        var closed = client.UntilEndAsync();
        Assert.That((stopping.IsCompleted, closed.IsCompleted), Is.EqualTo((false, false)));
        gate.Open();
        var heard = await closed;
        await stopping.WaitAsync(Eventually.Deadline);

        Assert.That(heard.Last(s => s.Type == "ack").UpTo, Is.EqualTo(count + 1));
        Assert.That(heard.Count(s => s.Type == "intervention"), Is.EqualTo(1));
        Assert.That(client.CloseCode, Is.EqualTo(via.IsTcp() ? 0 : 1001));
        Assert.That(engine.Counts, Is.EqualTo(new Counts(count + 1, count + 1, 0)));
    }

    [Test]
    public async Task A_client_that_keeps_sending_receives_the_final_acknowledgement([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via);
        using var stop = new CancellationTokenSource();
        var sending = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.Raw.SendAllAsync(client.Encode(EventJson.Of("c")), _ => { }, stop.Token);
            }
        });
        await client.UntilAckAtLeastAsync(1000);
        var stopping = engine.Host.StopAsync();
        var heard = await client.UntilEndAsync();
        stop.Cancel();
        await stopping.WaitAsync(Eventually.Deadline);

        await sending.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(Eventually.Deadline);
        Assert.That(client.CloseCode, Is.EqualTo(via.IsTcp() ? 0 : 1001));
        Assert.That(heard.LastOrDefault(s => s.Type == "ack")?.UpTo ?? client.Acknowledged, Is.EqualTo(engine.Counts.Processed));
        Assert.That(engine.Counts.Received, Is.EqualTo(engine.Counts.Processed));
    }

    [Test]
    public async Task A_client_that_does_not_disconnect_does_not_delay_shutdown([Values] StreamTransport via)
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via);
        await client.SendAsync(EventJson.Of("c"));
        await client.UntilAckAsync(1);
        await engine.Host.StopAsync().WaitAsync(Eventually.Deadline);

        Assert.That(engine.Host.Connections.Count, Is.Zero);
    }

    [Test]
    public async Task Stopping_is_idempotent()
    {
        await using var engine = await InProcessEngine.StartAsync();
        await engine.Host.StopAsync().WaitAsync(Eventually.Deadline);
        await engine.Host.StopAsync().WaitAsync(Eventually.Deadline);

        Assert.That(engine.Host.Fault, Is.Null);
    }
}
