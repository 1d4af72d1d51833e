using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events;

namespace CartRecovery.Bench.Stages;

/// <summary>Bytes to event: the native JSON of real events, about 250 bytes each.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    internal const int Count = 4096;

    StageFixture _fixture = null!;
    EventDecoder _decoder = null!;
    byte[][] _messages = null!;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _decoder = new EventDecoder(_fixture.Rules);
        _messages = _fixture.Messages(Count);
        if (Decode() != Count)
        {
            throw new InvalidOperationException("not every real event decodes");
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _fixture.Dispose();

    /// <returns>Events that were fine.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Decode()
    {
        var fine = 0;
        foreach (var message in _messages)
        {
            var reader = new Utf8JsonReader(message);
            reader.Read();
            fine += _decoder.Decode(ref reader, message, 1_732_095_600_000).IsError ? 0 : 1;
        }

        return fine;
    }
}
