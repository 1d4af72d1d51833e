using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// Runs a whole batch through a partition without a socket: JSON decoded into slabs, folded into 100,000 carts in FASTER, scored and
/// decided.
/// </summary>
[MemoryDiagnoser]
public class PartitionBenchmarks
{
    internal const int Count = 65_536;

    readonly EventSlab _slab = new();
    StageFixture _fixture = null!;
    JsonEventDecoder _decoder = null!;
    PartitionStages _stages = null!;
    PartitionCounters _counters = null!;
    byte[][] _messages = null!;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _decoder = new JsonEventDecoder(_fixture.Rules);
        _counters = new PartitionCounters();
        _stages = new PartitionStages(0, _fixture.Options, _counters);
        _messages = _fixture.Messages(Count);
        var before = _counters.Predictions;
        if (Batch() != Count || _counters.Predictions - before < Count)
        {
            throw new InvalidOperationException("not every event was folded and scored");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _stages.Dispose();
        _fixture.Dispose();
    }

    /// <returns>Events folded.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Batch()
    {
        var folded = 0;
        for (var i = 0; i < _messages.Length; i += EventSlab.Capacity / 2)
        {
            _slab.Count = _slab.TextLength = 0;
            for (var j = i; j < i + (EventSlab.Capacity / 2); j++)
            {
                _decoder.Decode(_messages[j], 1_732_095_600_000);
                _decoder.AppendTo(_slab, _messages[j]);
            }

            _slab.ReceivedAt = 1_732_095_600_000;
            folded += _stages.Process(_slab);
        }

        _stages.Decide();
        return folded;
    }
}
