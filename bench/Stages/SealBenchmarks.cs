using System.Text;
using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Pipeline.Commit;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// What personal data costs: slabs of 256 events without a meta, with a meta that names nobody, and with an address; decoded, and encrypted by the
/// partition's worker.
/// </summary>
[MemoryDiagnoser]
public class SealBenchmarks
{
    const long ReceivedAt = 1_732_095_600_000;

    readonly EventSlab _slab = new();
    StageFixture _fixture = null!;
    JsonEventDecoder _decoder = null!;
    byte[][] _messages = [];
    string _folder = "";
    KeyVault _keys = null!;
    EventSealer _sealer = null!;

    /// <summary>The events: none (no meta), device (a meta without an address), address (identify).</summary>
    [Params("none", "device", "address")]
    public string Meta { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _fixture = new StageFixture();
        _decoder = new JsonEventDecoder(_fixture.Rules);
        _folder = Directory.CreateTempSubdirectory("cartrecovery-bench-").FullName;
        KeyVault.Create(_folder, "a master key of the benchmark"u8);
        _keys = KeyVault.Open(_folder, "a master key of the benchmark"u8);
        _sealer = new EventSealer(_keys);
        _messages = [.. Enumerable.Range(0, EventSlab.Capacity).Select(i => Encoding.UTF8.GetBytes(
            $$"""{"id":"e{{i}}","type":"{{(Meta == "address" ? "identify" : "page_view")}}","cartId":"c{{i % 32}}","ts":{{ReceivedAt}}{{MetaOf(i)}}}"""))];

        Seal();
        var count = _slab.Records.Count(e => SealedBytes.Is(_slab.MetaOf(e)));
        if (count != (Meta == "address" ? EventSlab.Capacity : 0) || _slab.HasPersonalData != (Meta == "address"))
        {
            throw new InvalidOperationException($"{count} events were encrypted");
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _keys.Dispose();
        _fixture.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <returns>Bytes of the slab's texts.</returns>
    [Benchmark(Baseline = true, OperationsPerInvoke = EventSlab.Capacity)]
    public int Decode()
    {
        _slab.Reset();
        foreach (var message in _messages)
        {
            _decoder.Decode(message, ReceivedAt);
            _decoder.AppendTo(_slab, message);
        }

        return _slab.TextLength;
    }

    /// <returns>Bytes of the slab's texts.</returns>
    [Benchmark(OperationsPerInvoke = EventSlab.Capacity)]
    public int Seal()
    {
        Decode();
        if (_slab.HasPersonalData)
        {
            _sealer.Seal(_slab);
            _sealer.Taken.Clear();
        }

        return _slab.TextLength;
    }

    string MetaOf(int i) => Meta switch
    {
        "none" => "",
        "device" => ""","meta":{"device":"mobile","source":"email"}""",
        _ => $$""","meta":{"email":"shopper{{i % 32}}@example.com","phone":"+49170123456{{i % 10}}"}""",
    };
}
