using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Load;
using CartRecovery.Tests.Events.MessagePack;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class LoadProtocolTests
{
    [TestCase(0)]
    [TestCase(3)]
    [TestCase(31)]
    [TestCase(32)]
    [TestCase(33)]
    [TestCase(263)]
    public void Masking_is_bytewise_and_its_own_inverse(int length)
    {
        var payload = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        byte[] key = [0x12, 0x34, 0x56, 0x78];
        Frames.Mask(payload, 0x78563412);

        Assert.That(payload, Is.EqualTo(Enumerable.Range(0, length).Select(i => (byte)(i ^ key[i % 4]))));
        Frames.Mask(payload, 0x78563412);
        Assert.That(payload, Is.EqualTo(Enumerable.Range(0, length).Select(i => (byte)i)));
    }

    [TestCase(125, new byte[] { 0x81, 0xFD })]
    [TestCase(126, new byte[] { 0x81, 0xFE, 0, 126 })]
    [TestCase(65_535, new byte[] { 0x81, 0xFE, 0xFF, 0xFF })]
    [TestCase(65_536, new byte[] { 0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0 })]
    public void A_payload_length_has_the_RFC_6455_encoding(int length, byte[] expected)
    {
        var header = new byte[Frames.MaxHeaderLength];
        var written = Frames.WriteHeader(header, Frames.Text, length, 0x04030201);

        Assert.That(header.Take(written), Is.EqualTo(expected.Concat<byte>([1, 2, 3, 4])));
    }

    [TestCase(5)]
    [TestCase(126)]
    [TestCase(70_000)]
    public void A_server_frame_is_read_once_complete(int length)
    {
        var frame = ServerFrame(0x81, length);
        var whole = Frames.Read(frame, out var opcode, out var payload);

        Assert.That((whole, opcode, payload.Length), Is.EqualTo((frame.Length, Frames.Text, length)));
        Assert.That(Enumerable.Range(0, Math.Min(12, frame.Length)).Append(frame.Length - 1),
            Has.All.Matches<int>(part => part == frame.Length || Frames.Read(frame.AsSpan(0, part), out _, out _) == 0));
    }

    [TestCase(new byte[] { 0x81, 0x80, 0, 0, 0, 0 }, TestName = "masked")]
    [TestCase(new byte[] { 0xC1, 0x00 }, TestName = "compressed")]
    [TestCase(new byte[] { 0x01, 0x00 }, TestName = "fragment")]
    [TestCase(new byte[] { 0x81, 127, 0xFF, 0, 0, 0, 0, 0, 0, 0 }, TestName = "endless")]
    public void A_frame_forbidden_to_servers_is_rejected(byte[] frame) =>
        Assert.That(Frames.Read(frame, out _, out _), Is.EqualTo(-1));

    [TestCase("""{"type":"ack","upTo":12345}""", MessageKind.Ack, 12345)]
    [TestCase("""{ "upTo": 7, "type": "ack" }""", MessageKind.Ack, 7)]
    [TestCase("""{"type":"intervention","payload":{"type":"ack"},"messageId":"iv_1"}""", MessageKind.Intervention, 0)]
    [TestCase("""{"messageId":"iv_1","payload":{"a":[1]},"type":"intervention"}""", MessageKind.Intervention, 0)]
    [TestCase("""{"type":"heartbeat"}""", MessageKind.Heartbeat, 0)]
    [TestCase("""{"type":"news"}""", MessageKind.Unknown, 0)]
    [TestCase("""{"type":5}""", MessageKind.Unknown, 0)]
    [TestCase("""{"type":"ack","upTo":"x"}""", MessageKind.Unknown, 0)]
    [TestCase("""not json""", MessageKind.Unknown, 0)]
    [TestCase("", MessageKind.Unknown, 0)]
    public void A_message_is_parsed_by_its_type(string json, object kind, long upTo)
    {
        var message = ServerMessage.Read(Encoding.UTF8.GetBytes(json));

        Assert.That((message.Kind, message.UpTo), Is.EqualTo(((MessageKind)kind, upTo)));
    }

    [TestCase("""{"type":"ack","upTo":12345}""", MessageKind.Ack, 12345)]
    [TestCase("""{"messageId":"iv_1","payload":{"a":[1]},"type":"intervention"}""", MessageKind.Intervention, 0)]
    [TestCase("""{"type":"heartbeat"}""", MessageKind.Heartbeat, 0)]
    [TestCase("""{"type":"news"}""", MessageKind.Unknown, 0)]
    [TestCase("""[]""", MessageKind.Unknown, 0)]
    public void A_MessagePack_message_is_parsed_by_its_type(string json, object kind, long upTo)
    {
        var message = ServerMessage.ReadMessagePack(Packer.Json(json));

        Assert.That((message.Kind, message.UpTo), Is.EqualTo(((MessageKind)kind, upTo)));
    }

    [Test]
    public void A_MessagePack_error_has_its_code_and_text() =>
        Assert.That(ServerMessage.ReadMessagePack(Packer.Json("""{"type":"error","index":3,"code":"missing_field","message":"no 'ts'"}""")),
            Is.EqualTo(new ServerMessage(MessageKind.Error, Code: "missing_field", Text: "no 'ts'")));

    [Test]
    public void An_error_keeps_its_code_and_text() =>
        Assert.That(ServerMessage.Read("""{"type":"error","index":3,"code":"missing_field","message":"no \"ts\""}"""u8),
            Is.EqualTo(new ServerMessage(MessageKind.Error, Code: "missing_field", Text: "no \"ts\"")));

    [Test]
    public void A_pong_echoes_the_pings_payload()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndpoint);
        client.Blocking = false;
        using var server = listener.AcceptSocket();
        server.ReceiveTimeout = 10_000;
        var composer = new EventComposer(EventMix.Load(RealEvents.File()), framed: true, 1, "run", 0, 1, 7);
        using var connection = new LoadConnection(client, framed: true, 0, 1, composer, null, 10, new Tally(0), new Notes());

        server.Send([0x89, 0x02, (byte)'h', (byte)'i']);
        Assert.That(client.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead), Is.True);
        Assert.That(connection.Receive(Clock.Now()), Is.True);
        var pong = new byte[8];
        for (var got = 0; got < pong.Length;)
        {
            got += server.Receive(pong.AsSpan(got));
        }

        for (var i = 0; i < 2; i++)
        {
            pong[6 + i] ^= pong[2 + i];
        }

        Assert.That(pong[..2], Is.EqualTo(new byte[] { 0x8A, 0x82 }));
        Assert.That(pong[6..], Is.EqualTo("hi"u8.ToArray()));
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property The_schedule_makes_events_due_at_its_rate() =>
        Prop.ForAll(Gen.Choose(1, 1_000_000).ToArbitrary(), Gen.Choose(1, 16).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(),
            (rate, connections, index) =>
            {
                var schedule = new Schedule(5_000_000_000, rate, connections);
                var connection = index % connections;
                var due = schedule.DueAt(connection, index);
                return schedule.CountDue(connection, due - 2) <= index && schedule.CountDue(connection, due + 2) >= index + 1
                    && schedule.CountDue(connection, 4_999_999_999) == 0;
            });

    static byte[] ServerFrame(byte first, int length)
    {
        var header = new byte[Frames.MaxHeaderLength];
        var written = Frames.WriteHeader(header, Frames.Text, length, 0) - 4;
        header[0] = first;
        header[1] &= 0x7F;
        return [.. header[..written], .. new byte[length]];
    }
}
