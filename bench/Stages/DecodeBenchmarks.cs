using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// Decodes real events: JSON of about 250 bytes each, and the same in MessagePack, with the engine's decoder and, for comparison,
/// with the MessagePack package's reader.
/// </summary>
[MemoryDiagnoser]
public class DecodeBenchmarks
{
    internal const int Count = 4096;
    const long ReceivedAt = 1_732_095_600_000;

    StageFixture _fixture = null!;
    JsonEventDecoder _decoder = null!;
    EventBuilder _builder = null!;
    MessagePackEventDecoder _messagePackDecoder = null!;
    PackageDecoder _packageDecoder = null!;
    byte[][] _messages = null!;
    byte[][] _messagePacks = null!;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _decoder = new JsonEventDecoder(_fixture.Rules);
        _builder = new EventBuilder(_fixture.Rules);
        _messagePackDecoder = new MessagePackEventDecoder(_builder);
        _packageDecoder = new PackageDecoder(_builder);
        _messages = _fixture.Messages(Count);
        _messagePacks = [.. _messages.Select(json => JsonToMessagePack.Convert(json))];
        if (Decode() != Count || DecodeMessagePack() != Count || DecodeMessagePackByPackage() != Count)
        {
            throw new InvalidOperationException("not every real event decodes");
        }

        for (var i = 0; i < Count; i++)
        {
            if (!AreSame(_messages[i], _messagePacks[i]))
            {
                throw new InvalidOperationException($"event {i} is not the same for all decoders");
            }
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _fixture.Dispose();

    /// <returns>The number of valid events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Decode()
    {
        var fine = 0;
        foreach (var message in _messages)
        {
            fine += DecodeOne(message).IsError ? 0 : 1;
        }

        return fine;
    }

    /// <returns>The number of valid events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int DecodeMessagePack()
    {
        var fine = 0;
        foreach (var message in _messagePacks)
        {
            var position = 0;
            fine += _messagePackDecoder.Decode(message, ref position, ReceivedAt).IsError ? 0 : 1;
        }

        return fine;
    }

    /// <returns>The number of valid events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int DecodeMessagePackByPackage()
    {
        var fine = 0;
        foreach (var message in _messagePacks)
        {
            fine += _packageDecoder.Decode(message, ReceivedAt).IsError ? 0 : 1;
        }

        return fine;
    }

    EventProblem DecodeOne(byte[] json)
    {
        return _decoder.Decode(json, ReceivedAt);
    }

    bool AreSame(byte[] json, byte[] messagePack)
    {
        var (one, other, third) = (new EventSlab(), new EventSlab(), new EventSlab());
        var position = 0;
        DecodeOne(json);
        _decoder.AppendTo(one, json);
        _messagePackDecoder.Decode(messagePack, ref position, ReceivedAt);
        _builder.AppendTo(other, messagePack);
        _packageDecoder.Decode(messagePack, ReceivedAt);
        _builder.AppendTo(third, messagePack);
        return AreSame(one, other) && AreSame(one, third);
    }

    static bool AreSame(EventSlab one, EventSlab other) =>
        MemoryMarshal.AsBytes(one.Records.AsSpan(0, 1)).SequenceEqual(MemoryMarshal.AsBytes(other.Records.AsSpan(0, 1)))
        && one.TextOf(one.Records[0]).SequenceEqual(other.TextOf(other.Records[0]));
}
