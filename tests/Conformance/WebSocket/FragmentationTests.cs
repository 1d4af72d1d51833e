using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 5: fragments in every order, interleaved with control frames.</summary>
[TestFixture]
public sealed class FragmentationTests
{
    [Test]
    public async Task Fragments_form_one_message([Values(1, 3, 4096)] int step, [Values(1, 2)] int opcode)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Of(opcode, "frag"u8, fin: false), ClientFrame.Continue("", fin: false),
            ClientFrame.Continue("ment", fin: false), ClientFrame.Continue("s", fin: true), ClientFrame.Text("whole"));

        Assert.That(talk.Messages.Select(m => (m.Opcode, m.Text)),
            Is.EqualTo(new[] { ((WebSocketOpcode)opcode, "fragments"), (WebSocketOpcode.Text, "whole") }));
        Assert.That(answers, Is.Empty);
    }

    [Test]
    public async Task Fragments_may_be_empty()
    {
        var (talk, _) = await Conversation.Of(
            ClientFrame.Text("", fin: false), ClientFrame.Continue("", fin: false), ClientFrame.Continue("", fin: true));

        Assert.That(talk.Messages.Single().Text, Is.Empty);
    }

    [Test]
    public async Task A_message_of_a_thousand_fragments_is_complete()
    {
        var payload = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();
        var parts = payload.Chunk(100).ToArray();
        var (talk, _) = await Conversation.Of(
            [ClientFrame.Binary(parts[0], fin: false), .. parts[1..^1].Select(p => ClientFrame.Continue(p, fin: false)), ClientFrame.Continue(parts[^1], fin: true)]);

        Assert.That(talk.Messages.Single().Payload, Is.EqualTo(payload));
    }

    [Test]
    public async Task Control_frames_between_fragments_are_handled_immediately([Values(1, 2, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Text("a", fin: false), ClientFrame.Ping("1"),
            ClientFrame.Continue("b", fin: false), ClientFrame.Pong("x"), ClientFrame.Ping("2"), ClientFrame.Continue("c", fin: true));

        Assert.That(talk.Messages.Single().Text, Is.EqualTo("abc"));
        Assert.That(answers.Select(a => a.Text), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    public async Task A_ping_between_fragments_is_answered_before_the_message_ends()
    {
        var talk = new Conversation();
        talk.Feed(ClientFrame.Join(ClientFrame.Text("a", fin: false), ClientFrame.Ping("now")));

        Assert.That((await talk.EndAsync()).Single().Text, Is.EqualTo("now"));
    }

    [Test]
    public async Task A_close_between_fragments_closes_the_connection()
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Text("a", fin: false), ClientFrame.Close(1000), ClientFrame.Continue("b", fin: true));

        Assert.That((talk.Messages.Count, answers.Single().CloseCode), Is.EqualTo((0, 1000)));
    }

    [TestCase(8)]
    [TestCase(9)]
    [TestCase(10)]
    public async Task A_fragmented_control_frame_is_a_protocol_error(int opcode)
    {
        var (_, answers) = await Conversation.Of(
            ClientFrame.Of(opcode, "\u0003\u00e8"u8, fin: false), ClientFrame.Continue("rest", fin: true));

        Assert.That(answers.Single().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_continuation_without_a_beginning_is_a_protocol_error([Values(true, false)] bool fin, [Values(1, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Continue("lost", fin), ClientFrame.Text("after"));

        Assert.That((talk.Messages.Count, answers.Single().CloseCode), Is.EqualTo((0, 1002)));
    }

    [Test]
    public async Task A_continuation_after_the_last_fragment_is_a_protocol_error([Values(true, false)] bool fin)
    {
        var (talk, answers) = await Conversation.Of(
            ClientFrame.Text("a", fin: false), ClientFrame.Continue("b", fin: true), ClientFrame.Continue("c", fin));

        Assert.That(talk.Messages.Single().Text, Is.EqualTo("ab"));
        Assert.That(answers.Single().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_new_message_between_fragments_is_a_protocol_error([Values(1, 2)] int first, [Values(1, 2)] int second, [Values(true, false)] bool fin)
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Of(first, "a"u8, fin: false), ClientFrame.Of(second, "b"u8, fin));

        Assert.That((talk.Messages.Count, answers.Single().CloseCode), Is.EqualTo((0, 1002)));
    }
}
