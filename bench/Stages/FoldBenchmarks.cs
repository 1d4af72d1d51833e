using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;

namespace CartRecovery.Bench.Stages;

/// <summary>Folds events into one cached cart record, and computes the model's feature row.</summary>
[MemoryDiagnoser]
public class FoldBenchmarks
{
    const int Count = EventSlab.Capacity;

    readonly EventSlab _slab = new();
    readonly StoreClock _clock = new(TimeZoneInfo.Utc);
    StageFixture _fixture = null!;
    FeatureVector _vector = null!;
    float[] _row = null!;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _vector = new FeatureVector(_fixture.Model.Features);
        _row = new float[_vector.Count];
        var decoder = new JsonEventDecoder(_fixture.Rules);
        foreach (var message in _fixture.Messages(Count))
        {
            decoder.Decode(message, 1_732_095_600_000);
            decoder.AppendTo(_slab, message);
        }

        if (Fold() != Count)
        {
            throw new InvalidOperationException("not every event was folded");
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _fixture.Dispose();

    /// <returns>Events folded.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public uint Fold()
    {
        var cart = default(CartRecord);
        for (var i = 0; i < _slab.Count; i++)
        {
            CartFold.Apply(ref cart, _slab.Records[i], _slab, 0);
        }

        return cart.EventCount;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public float FoldAndFeatures()
    {
        var cart = default(CartRecord);
        for (var i = 0; i < _slab.Count; i++)
        {
            CartFold.Apply(ref cart, _slab.Records[i], _slab, 0);
            _vector.Fill(cart, _clock.At(_slab.Records[i].Timestamp), _row);
        }

        return _row[0];
    }
}
