using System.Text.Json;
using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.Streams;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// Refuses frames of seven bytes, with the error that answers each, beside accepting real events. By the framework's reader, which throws,
/// for comparison.
/// </summary>
[MemoryDiagnoser]
public class RefusalBenchmarks
{
    internal const int Count = EventSlab.Capacity;
    const long ReceivedAt = 1_732_095_600_000;

    static readonly byte[] s_brokenJson = [.. "{\"id\":1"u8];
    static readonly byte[] s_incompleteJson = [.. "{\"a\":1}"u8];

    // A map of two pairs that has one.
    static readonly byte[] s_brokenMessagePack = [0x82, 0xa4, .. "type"u8, 0xc0];

    readonly byte[] _answer = new byte[StreamMessageFormat.MaxError];
    readonly EventSlab _slab = new();
    StageFixture _fixture = null!;
    JsonEventDecoder _json = null!;
    EventBuilder _builder = null!;
    MessagePackEventDecoder _messagePack = null!;
    byte[][] _messages = null!;

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _json = new JsonEventDecoder(_fixture.Rules);
        _builder = new EventBuilder(_fixture.Rules);
        _messagePack = new MessagePackEventDecoder(_builder);
        _messages = _fixture.Messages(Count);
        if (s_brokenJson.Length != 7 || s_incompleteJson.Length != 7 || s_brokenMessagePack.Length != 7)
        {
            throw new InvalidOperationException("a frame does not have seven bytes");
        }

        var position = 0;
        Expect(EventErrorCode.InvalidJson, _json.Decode(s_brokenJson, ReceivedAt));
        Expect(EventErrorCode.MissingField, _json.Decode(s_incompleteJson, ReceivedAt));
        Expect(EventErrorCode.InvalidMessagePack, _messagePack.Decode(s_brokenMessagePack, ref position, ReceivedAt));
        if (Accept() != Count || AcceptUncommon() != Count || CheckSyntax() != Count || RefuseBrokenJson() == 0 || RefuseIncompleteJson() == 0
            || RefuseBrokenMessagePack() == 0 || RefuseByReader() != Count)
        {
            throw new InvalidOperationException("a stage gives a wrong answer");
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _fixture.Dispose();

    /// <returns>The number of events in the slab.</returns>
    [Benchmark(OperationsPerInvoke = Count, Baseline = true)]
    public int Accept()
    {
        (_slab.Count, _slab.TextLength) = (0, 0);
        foreach (var message in _messages)
        {
            if (!_json.Decode(message, ReceivedAt).IsError && _slab.HasRoom(_json.Record.TextLength))
            {
                _json.AppendTo(_slab, message);
            }
        }

        return _slab.Count;
    }

    /// <summary>Decodes the same events by the way for uncommon forms, such as escapes.</summary>
    /// <returns>The number of valid events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int AcceptUncommon()
    {
        var fine = 0;
        foreach (var message in _messages)
        {
            var position = 0;
            fine += _json.DecodeAnyForm(message, ref position, ReceivedAt).IsError ? 0 : 1;
        }

        return fine;
    }

    /// <summary>Checks the syntax alone.</summary>
    /// <returns>The number of valid events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int CheckSyntax()
    {
        var fine = 0;
        foreach (var message in _messages)
        {
            fine += JsonSyntax.IsValue(message) ? 1 : 0;
        }

        return fine;
    }

    /// <returns>The bytes of the answers.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int RefuseBrokenJson() => Refuse(s_brokenJson);

    /// <returns>The bytes of the answers.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int RefuseIncompleteJson() => Refuse(s_incompleteJson);

    /// <returns>The bytes of the answers.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int RefuseBrokenMessagePack()
    {
        var bytes = 0;
        for (var i = 0; i < Count; i++)
        {
            var position = 0;
            bytes += Answer(i, _messagePack.Decode(s_brokenMessagePack, ref position, ReceivedAt), StreamEncoding.MessagePack);
        }

        return bytes;
    }

    /// <returns>The number of frames that the reader refuses.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int RefuseByReader()
    {
        var refused = 0;
        for (var i = 0; i < Count; i++)
        {
            try
            {
                var reader = new Utf8JsonReader(s_brokenJson);
                while (reader.Read())
                {
                }
            }
            catch (JsonException)
            {
                refused++;
            }
        }

        return refused;
    }

    int Refuse(byte[] frame)
    {
        var bytes = 0;
        for (var i = 0; i < Count; i++)
        {
            bytes += Answer(i, _json.Decode(frame, ReceivedAt), StreamEncoding.WebSocket);
        }

        return bytes;
    }

    int Answer(int index, EventProblem problem, StreamEncoding encoding) =>
        StreamMessageFormat.WriteError(_answer, encoding, index, problem.Code, problem.Message);

    static void Expect(EventErrorCode error, EventProblem problem)
    {
        if (problem.Error != error)
        {
            throw new InvalidOperationException($"expected {error}, got {problem.Error}");
        }
    }
}
