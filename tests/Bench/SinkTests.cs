using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Bench.Baselines;
using CartRecovery.Bench.Load;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Bench;

[TestFixture]
public sealed class SinkTests
{
    [TestCase(false, 1)]
    [TestCase(false, 25)]
    [TestCase(true, 1)]
    public async Task Acknowledgements_match_the_events_sent(bool lines, int perMessage)
    {
        await using var sink = await SinkServer.StartAsync(0, perMessage);
        var report = await RunAsync(sink.Port, lines, perMessage);

        Assert.That(report.Failures, Is.Empty);
        Assert.That((report.Sent, report.Acked), Is.EqualTo((1_000L, 1_000L)));
        Assert.That(sink.Events, Is.EqualTo(1_000));
    }

    [TestCase(1)]
    [TestCase(25)]
    public async Task The_raw_sink_acknowledges_the_events_sent(int perMessage)
    {
        await using var sink = RawSink.Start(0, perMessage);
        var report = await RunAsync(sink.Port, lines: false, perMessage);

        Assert.That(report.Failures, Is.Empty);
        Assert.That((report.Sent, report.Acked), Is.EqualTo((1_000L, 1_000L)));
    }

    [Test]
    public async Task The_first_length_prefixed_message_is_the_handshake()
    {
        await using var sink = await SinkServer.StartAsync(0, perMessage: 10);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, sink.Port);
        await client.GetStream().WriteAsync(Enumerable.Repeat(Written(Wire.LengthPrefixed, 300), 4).SelectMany(bytes => bytes).ToArray());

        Assert.That(() => sink.Events, Is.EqualTo(30).After(10).Seconds.PollEvery(20).MilliSeconds);
    }

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property Messages_are_counted_however_they_are_split() =>
        Prop.ForAll(Gen.Elements(0, 1, 2).ToArbitrary(), Gen.Choose(0, 70_000).ListOf(5).ToArbitrary(), Gen.Choose(1, 300).ToArbitrary(), (wire, lengths, piece) =>
        {
            var counter = new MessageCounter((Wire)wire);
            var bytes = lengths.SelectMany(length => Written((Wire)wire, length)).ToArray();
            return bytes.Chunk(piece).Sum(part => counter.Count(part)) == lengths.Count();
        });

    [Test]
    public void Control_frames_are_not_counted_and_a_close_ends_the_stream()
    {
        var counter = new MessageCounter(Wire.Frames);

        Assert.That(counter.Count([0x89, 0x80, 1, 2, 3, 4]), Is.Zero);
        Assert.That(counter.IsClosed, Is.False);
        Assert.That(counter.Count([0x88, 0x80, 1, 2, 3, 4]), Is.Zero);
        Assert.That(counter.IsClosed, Is.True);
    }

    static Task<LoadReport> RunAsync(int port, bool lines, int perMessage) => LoadRun.RunAsync(
        new LoadOptions
        {
            Url = $"ws://127.0.0.1:{port}/v1/stream",
            Tcp = lines ? $"127.0.0.1:{port}" : null,
            Metrics = "none",
            Connections = 2,
            Carts = 10,
            PerMessage = perMessage,
            Rate = 2_000,
            Duration = "500ms",
            Events = RealEvents.File(),
        },
        TextWriter.Null, colour: false, CancellationToken.None);

    static byte[] Written(Wire wire, int length)
    {
        if (wire == Wire.Lines)
        {
            return Encoding.ASCII.GetBytes(new string('x', length) + "\n");
        }

        var message = new byte[Frames.MaxHeaderLength + length];
        if (wire == Wire.Frames)
        {
            var header = Frames.WriteHeader(message, Frames.Text, length, 0x04030201);
            return message[..(header + length)];
        }

        BinaryPrimitives.WriteInt32BigEndian(message, length);
        return message[..(sizeof(int) + length)];
    }
}
