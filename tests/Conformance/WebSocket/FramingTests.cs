using System.Text;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 1 of the Autobahn case list: payloads of every length encoding, whole and split.</summary>
[TestFixture]
public sealed class FramingTests
{
    const int Limit = 1 << 20;

    static readonly int[] s_sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536, Limit - 1, Limit];

    static readonly int[] s_steps = [1, 2, 3, 5, 13, 14, 15, 997, 2048];

    [Test]
    public async Task A_message_of_any_size_arrives_unchanged([ValueSource(nameof(s_sizes))] int size, [Values(1, 2)] int opcode)
    {
        var payload = PayloadOf(size);
        var (talk, answers) = await Conversation.Of(ClientFrame.Of(opcode, payload));

        Assert.That(talk.Messages, Has.Count.EqualTo(1));
        Assert.That(talk.Messages[0].Opcode, Is.EqualTo((WebSocketOpcode)opcode));
        Assert.That(talk.Messages[0].Payload.AsSpan().SequenceEqual(payload), Is.True);
        Assert.That((talk.IsClosed, answers.Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task Frames_are_parsed_however_the_bytes_are_split(
        [Values(0, 125, 126, 128, 65_535, 65_536)] int size, [Values(1, 2)] int opcode, [ValueSource(nameof(s_steps))] int step)
    {
        var payload = PayloadOf(size);
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Of(opcode, payload), ClientFrame.Text("next"));

        Assert.That(talk.Messages, Has.Count.EqualTo(2));
        Assert.That(talk.Messages[0].Payload.AsSpan().SequenceEqual(payload), Is.True);
        Assert.That(talk.Messages[1].Text, Is.EqualTo("next"));
        Assert.That(answers, Is.Empty);
    }

    [TestCase(0u)]
    [TestCase(uint.MaxValue)]
    [TestCase(0x0000_00ffu)]
    [TestCase(0xff00_0000u)]
    [TestCase(0x0403_0201u)]
    public async Task Every_mask_is_removed(uint mask)
    {
        var payload = PayloadOf(301);
        var (talk, _) = await Conversation.InSteps(7, ClientFrame.Of(ClientFrame.TextOpcode, payload, mask: mask));

        Assert.That(talk.Messages.Single().Payload, Is.EqualTo(payload));
    }

    [Test]
    public async Task Every_complete_frame_is_handled_and_a_partial_one_is_kept()
    {
        var talk = new Conversation();
        talk.Feed(ClientFrame.Join(ClientFrame.Text("a"), ClientFrame.Text("b"), ClientFrame.Text("c")[..5]));
        var first = talk.Messages.Select(m => m.Text).ToArray();
        talk.Feed(ClientFrame.Text("c")[5..]);

        Assert.That(first, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(await talk.EndAsync(), Is.Empty);
    }

    [Test]
    public async Task An_unmasked_frame_is_a_protocol_error([Values(0, 1, 125, 126, 70_000)] int size)
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Text("before"), ClientFrame.Of(ClientFrame.TextOpcode, PayloadOf(size), mask: null));

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "before" }));
        Assert.That(answers.Single().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_length_with_its_highest_bit_set_is_a_protocol_error()
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Of(ClientFrame.BinaryOpcode, [], length: long.MinValue));

        Assert.That((talk.IsClosed, answers.Single().CloseCode), Is.EqualTo((true, 1002)));
    }

    static byte[] PayloadOf(int size) => Encoding.ASCII.GetBytes(string.Create(size, 0, (text, _) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (char)(' ' + (i * 7 % 94));
        }
    }));
}
