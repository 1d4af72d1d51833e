using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Bench.Stages;

/// <summary>Encodes slabs of real events to a journal block and back, with LZ4's share.</summary>
[MemoryDiagnoser]
public class JournalBenchmarks
{
    const long ReceivedAt = 1_732_095_600_000;
    const int EventsASlab = 128;

    readonly List<EventSlab> _slabs = [];
    readonly EventSlab _target = new();
    EventBlockWriter _writer = null!;
    EventBlockReader _reader = null!;
    byte[] _block = null!;
    byte[] _raw = null!;
    byte[] _packed = null!;
    int _packedLength;

    /// <summary>Events per block.</summary>
    [Params(256, 2048)]
    public int Events { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        using var fixture = new StageFixture();
        var decoder = new JsonEventDecoder(fixture.Rules);
        foreach (var message in fixture.Messages(Events))
        {
            if (_slabs.Count == 0 || _slabs[^1].Count == EventsASlab)
            {
                _slabs.Add(new EventSlab { ReceivedAt = ReceivedAt });
            }

            decoder.Decode(message, ReceivedAt);
            ref var record = ref decoder.AppendTo(_slabs[^1], message);
            record.Watermark = record.Timestamp;
        }

        var stores = new JournalStores("demo"u8.ToArray());
        _writer = new EventBlockWriter(stores);
        _reader = new EventBlockReader(stores);
        Write();
        _block = _writer.Finish().ToArray();
        if (Read() != Events)
        {
            throw new InvalidOperationException("not every event came back");
        }

        var header = _reader.Header;
        _raw = new byte[header.RawLength];
        _packed = new byte[Lz4.MaxLength(_raw.Length)];
        Lz4.Decompress(_block.AsSpan(EventBlockHeader.Size), _raw);
        _packedLength = Compress();
        Console.WriteLine($"// {Events} events: {(double)header.RawLength / Events:0.0} bytes an event, {(double)_block.Length / Events:0.0} compressed");
    }

    /// <returns>Bytes of the block.</returns>
    [Benchmark]
    public int Write()
    {
        _writer.Begin();
        foreach (var slab in _slabs)
        {
            _writer.Add(slab);
        }

        return _writer.Finish().Length;
    }

    /// <returns>Events read.</returns>
    [Benchmark]
    public int Read()
    {
        _reader.Open(_block);
        var events = 0;
        _target.Count = _target.TextLength = 0;
        while (_reader.TryRead(_target))
        {
            events += _target.Count;
            _target.Count = _target.TextLength = 0;
        }

        return events;
    }

    /// <returns>Bytes.</returns>
    [Benchmark]
    public int Compress() => Lz4.Compress(_raw, _packed);

    /// <returns>Bytes.</returns>
    [Benchmark]
    public int Decompress() => Lz4.Decompress(_packed.AsSpan(0, _packedLength), _raw);
}
