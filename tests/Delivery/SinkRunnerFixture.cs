using System.Collections.Concurrent;
using CartRecovery.Contracts;
using CartRecovery.Engine.Delivery;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Delivery;

/// <summary>A sink with a scripted receiver, its log and its outcomes.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
abstract class SinkRunnerFixture
{
    protected static SinkRunnerOptions Quick { get; } = new()
    {
        BatchAge = TimeSpan.FromMilliseconds(5),
        Timeout = TimeSpan.FromSeconds(10),
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    protected LogLines Log { get; } = new();

    protected ConcurrentQueue<(string Id, FinalOutcome Outcome, string? Reason)> Outcomes { get; } = [];

    [TearDown]
    public void Close() => Log.Dispose();

    protected static SinkSettings Settings => new("sink", new ScriptedSink().Spec, new Dictionary<string, string>(StringComparer.Ordinal));

    protected SinkRunner Runner(ScriptedSink sink, SinkRunnerOptions options, TimeProvider? time = null)
    {
        return new SinkRunner("sink", sink.Spec, Settings, options, time ?? TimeProvider.System, Log,
            (item, result) => Outcomes.Enqueue((item.Id, result.Outcome, result.Reason)));
    }

    protected static void Enqueue(SinkRunner runner, int count)
    {
        foreach (var item in Interventions.Many(count))
        {
            Assert.That(runner.TryEnqueue(item));
        }
    }

    protected static int Delivered(SinkRunner runner) =>
        Enum.GetValues<ActionKind>().Sum(action => (int)runner.Count(action, FinalOutcome.Delivered));

    protected static ValueTask Mark(DeliveryBatch batch, Action<DeliveryBatch, int> mark)
    {
        for (var i = 0; i < batch.Items.Count; i++)
        {
            mark(batch, i);
        }

        return default;
    }
}
