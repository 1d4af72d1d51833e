using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using System.Text;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.DeadLetters.Repair;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Pipeline;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest;

/// <summary>A refusal costs no exception, whatever is wrong with a message and by whichever way it came.</summary>
public sealed class RejectionTests
{
    const string Required = "\"id\":\"e1\",\"type\":\"page_view\",\"cartId\":\"c1\",\"ts\":1732095600000";

    [ThreadStatic]
    static List<Exception>? s_thrown;

    PartitionSet _partitions = null!;
    RecordingSource _source = null!;
    EventRouter _router = null!;

    [SetUp]
    public void Open()
    {
        _partitions = new PartitionSet(2, TestStages.Options([]), new ManualTime(EventReading.Now), TimeSpan.Zero);
        _source = new RecordingSource();
        _router = new EventRouter(_partitions, EventReading.Rules(), 3, Protocol.WebSocket, new IngestCounters(), _source, _source);
        _router.BeginRead();
    }

    [TearDown]
    public void Close() => _partitions.Dispose();

    static IEnumerable<TestCaseData> BadJson() =>
    [
        new("", "invalid_json"),
        new("{", "invalid_json"),
        new("{\"id\":1", "invalid_json"),
        new("{\"id\":\"\\x\"}", "invalid_json"),
        new("{\"id\":\"\\ud8zz\"}", "invalid_json"),
        new("{'id':1}", "invalid_json"),
        new("{\"id\":01}", "invalid_json"),
        new("{\"id\":nul}", "invalid_json"),
        new("{\"id\":\"a\u0001\"}", "invalid_json"),
        new($"{{{Required},}}", "invalid_json"),
        new($"{{{Required}}} x", "invalid_json"),
        new($"{{{Required},\"x\":{string.Concat(Enumerable.Repeat("[", 100))}", "invalid_json"),
        new("[", "invalid_json"),
        new("[{]", "invalid_json"),
        new("hello", "invalid_json"),
        new("5", "invalid_event"),
        new("[5]", "invalid_event"),
        new("{}", "missing_field"),
        new($"{{{Required},\"id\":\"\\ud800\"}}", "invalid_utf8"),
        new($"{{{Required},\"\\ud800\":1,\"quantity\":1e999}}", "out_of_range"),
        new($"{{{Required},\"price\":\"1\"}}", "wrong_type"),
        new($"{{{Required},\"ts\":\"yesterday\"}}", "invalid_timestamp"),
        new($"{{{Required},\"ts\":\"9999-99-99T99:99:99Z\"}}", "invalid_timestamp"),
        new($"{{{Required},\"type\":\"\"}}", "unknown_type"),
        new($"{{{Required},\"storeId\":\"other\"}}", "foreign_store"),
        new($"{{{Required},\"cartId\":\"{new string('c', 257)}\"}}", "id_too_long"),
        new($"[{string.Join(',', Enumerable.Repeat("{}", 100))}]", "batch_too_large"),
        new($"[{string.Join(',', Enumerable.Repeat("{}", 100))}", "missing_field"),
    ];

    [TestCaseSource(nameof(BadJson))]
    public void Bad_JSON_throws_nothing(string json, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        Assert.That(ThrownBy(() => _router.RouteJson(bytes)), Is.Empty);

        Assert.That(_source.Rejected[0].Code, Is.EqualTo(code));
        Assert.That(ThrownBy(() => new JsonEventDecoder(EventReading.Rules()).Decode(bytes, EventReading.Now)), Is.Empty);
        Assert.That(ThrownBy(() => JsonBatch.Unwrap(bytes, out _)), Is.Empty);
        Assert.That(ThrownBy(() => JsonBatch.Unwrap([.. "{\"events\":"u8, .. bytes], out _)), Is.Empty);
        Assert.That(ThrownBy(() => EventRepair.Of(bytes, EventReading.Now, EventReading.Rules())), Is.Empty);
    }

    [Test]
    public void Invalid_UTF8_throws_nothing()
    {
        byte[] bytes = [.. "{\"id\":\""u8, 0xc3, 0x28, .. "\"}"u8];

        Assert.That(ThrownBy(() => _router.RouteJson(bytes)), Is.Empty);
        Assert.That(ThrownBy(() => EventRepair.Of(bytes, EventReading.Now, EventReading.Rules())), Is.Empty);

        Assert.That(_source.Rejected[0].Code, Is.EqualTo("invalid_utf8"));
    }

    [TestCase("", "invalid_messagepack")]
    [TestCase("82a26964", "invalid_messagepack")]
    [TestCase("c1", "invalid_messagepack")]
    [TestCase("dfffffffff", "invalid_messagepack")]
    [TestCase("ddffffffff", "batch_too_large")]
    [TestCase("92c0", "invalid_event")]
    [TestCase("05", "invalid_event")]
    [TestCase("80", "missing_field")]
    [TestCase("8001", "invalid_messagepack")]
    [TestCase("8101c0", "invalid_event")]
    [TestCase("81a26964a2c328", "invalid_utf8")]
    [TestCase("81a2747381a0c0", "wrong_type")]
    [TestCase("81a27473d6ff00000000", "missing_field")]
    [TestCase("81a1789191919191", "invalid_messagepack")]
    public void Bad_MessagePack_throws_nothing(string hex, string code)
    {
        var bytes = Convert.FromHexString(hex);

        Assert.That(ThrownBy(() => _router.RouteMessagePack(bytes)), Is.Empty);

        Assert.That(_source.Rejected[0].Code, Is.EqualTo(code));
    }

    [TestCase("{\"key\":\"sk\"}", "sk")]
    [TestCase("{\"k\\u0065y\":\"s\\u006b\"}", "sk")]
    [TestCase("{\"\\ud800\":1,\"key\":\"sk\"}", "sk")]
    [TestCase("{\"key\":\"\\ud800\"}", null)]
    [TestCase("{\"key\":\"sk\"", null)]
    [TestCase("{\"key\":7}", null)]
    [TestCase("{key}", null)]
    [TestCase("[1,2]", null)]
    public void A_bad_first_line_throws_nothing(string line, string? key)
    {
        var input = PipeReader.Create(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(line + "\n")));
        Task<string?> read = null!;

        Assert.That(ThrownBy(() => read = TcpHandshake.ReadLineAsync(input, 1000, default)), Is.Empty);

        Assert.That((read.IsCompletedSuccessfully, read.Result), Is.EqualTo((true, key)));
    }

    [TestCase("81a36b6579a2736b", "sk")]
    [TestCase("82a36b6579a2736ba17891c0", "sk")]
    [TestCase("81a36b657901", null)]
    [TestCase("82a36b6579a2736b", null)]
    [TestCase("81a36b6579a2736b00", null)]
    [TestCase("8101a2736b", null)]
    [TestCase("81a26964a2736b", null)]
    [TestCase("c1", null)]
    [TestCase("", null)]
    public void A_bad_first_message_throws_nothing(string hex, string? key)
    {
        var message = Convert.FromHexString(hex);
        var input = PipeReader.Create(new ReadOnlySequence<byte>([0, 0, 0, (byte)message.Length, .. message]));
        Task<string?> read = null!;

        Assert.That(ThrownBy(() => read = TcpHandshake.ReadMessageAsync(input, 1000, default)), Is.Empty);

        Assert.That((read.IsCompletedSuccessfully, read.Result), Is.EqualTo((true, key)));
    }

    [TestCase("""{"events":[1,{"a":[]}]}""", "[1,{\"a\":[]}]")]
    [TestCase(""" { "\u0065vents" : [ ] } """, "[ ]")]
    [TestCase("""{"events":[],"x":1}""", "[]")]
    [TestCase("""{"batch":[{"id":"e"}],"sentAt":"2026-01-01T00:00:00Z"}""", "[{\"id\":\"e\"}]")]
    [TestCase("""{"sentAt":1,"context":{"library":{}},"events":[2]}""", "[2]")]
    [TestCase("""{"events":[],"batch":[]}""", null)]
    [TestCase("""{"events":[],"id":"e1"}""", null)]
    [TestCase("""{"id":"e1","events":[]}""", null)]
    [TestCase("""{"sentAt":1}""", null)]
    [TestCase("""{"events":[1}""", null)]
    [TestCase("""{"events":[]} x""", null)]
    [TestCase("""{"events":{}}""", null)]
    [TestCase("""{"event":[]}""", null)]
    [TestCase("""["events"]""", null)]
    public void A_wrapped_batch_is_unwrapped_only_as_a_whole(string json, string? array) =>
        Assert.That(Encoding.UTF8.GetString(JsonBatch.Unwrap(Encoding.UTF8.GetBytes(json), out _)), Is.EqualTo(array ?? json));

    [Test]
    public void Deeply_nested_messages_throw_nothing()
    {
        var json = Encoding.UTF8.GetBytes($"{{{Required},\"x\":{Events.Json.JsonGenerator.Nested(20_000)}}}");
        byte[] messagePack = [0x81, 0xa1, (byte)'x', .. Enumerable.Repeat((byte)0x91, 100_000), 0xc0];

        Assert.That(ThrownBy(() => _router.RouteJson(json)), Is.Empty);
        Assert.That(ThrownBy(() => _router.RouteMessagePack(messagePack)), Is.Empty);

        Assert.That(_source.Rejected.Select(rejected => rejected.Code), Is.EqualTo(new[] { "invalid_event", "event_too_large" }));
    }

    [Test]
    public void The_counter_sees_a_caught_exception() => Assert.That(ThrownBy(() =>
    {
        try
        {
            throw new FormatException();
        }
        catch (FormatException)
        {
            // Only the counter is of interest.
        }
    }), Has.Count.EqualTo(1));

    // Only this thread's: others may throw at the same time.
    static List<Exception> ThrownBy(Action action)
    {
        s_thrown = [];
        AppDomain.CurrentDomain.FirstChanceException += Count;
        try
        {
            action();
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Count;
        }

        return s_thrown;

        static void Count(object? sender, FirstChanceExceptionEventArgs args) => s_thrown?.Add(args.Exception);
    }
}
