namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 7: the closing handshake.</summary>
[TestFixture]
public sealed class CloseTests
{
    [Test]
    public async Task A_close_is_answered_with_the_same_code(
        [Values(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)] int code,
        [Values("", "so long", "für heute reicht es ✓")] string reason)
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Close(code, reason));

        Assert.That((answers.Single().Opcode, answers.Single().CloseCode), Is.EqualTo((ClientFrame.CloseOpcode, code)));
        Assert.That((talk.IsClosed, talk.ClientClosed), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task A_close_without_a_code_is_answered_without_one()
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Close());

        Assert.That((answers.Single().Opcode, answers.Single().Payload.Length), Is.EqualTo((ClientFrame.CloseOpcode, 0)));
        Assert.That(talk.IsClosed, Is.True);
    }

    [Test]
    public async Task A_reserved_close_code_is_a_protocol_error(
        [Values(0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)] int code)
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Close(code));

        Assert.That((answers.Single().CloseCode, talk.ClientClosed), Is.EqualTo((1002, false)));
    }

    [Test]
    public async Task A_truncated_close_code_is_a_protocol_error()
    {
        var (_, answers) = await Conversation.Of(ClientFrame.Of(ClientFrame.CloseOpcode, [3]));

        Assert.That(answers.Single().CloseCode, Is.EqualTo(1002));
    }

    [Test]
    public async Task A_close_reason_over_123_bytes_is_a_protocol_error()
    {
        var (_, longest) = await Conversation.Of(ClientFrame.Close(1000, new string('r', 123)));
        var (_, longer) = await Conversation.Of(ClientFrame.Close(1000, new string('r', 124)));

        Assert.That((longest.Single().CloseCode, longer.Single().CloseCode), Is.EqualTo((1000, 1002)));
    }

    [TestCase(new byte[] { 0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xed, 0xa0, 0x80 })]
    [TestCase(new byte[] { (byte)'a', 0xff })]
    [TestCase(new byte[] { 0xe2, 0x82 })]
    public async Task A_close_reason_must_be_UTF8(byte[] reason)
    {
        var (_, answers) = await Conversation.Of(ClientFrame.Close(1000, reason));

        Assert.That(answers.Single().CloseCode, Is.EqualTo(1007));
    }

    [Test]
    public async Task Bytes_after_a_close_are_ignored([Values(1, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Text("before"), ClientFrame.Close(1000), ClientFrame.Text("after"),
            ClientFrame.Ping("after"), ClientFrame.Close(1002), ClientFrame.Of(5, []));

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "before" }));
        Assert.That(answers.Select(a => (a.Opcode, a.CloseCode)), Is.EqualTo(new[] { (ClientFrame.CloseOpcode, 1000) }));
    }

    [Test]
    public async Task The_close_frame_is_the_last_answer()
    {
        var (_, answers) = await Conversation.Of(ClientFrame.Ping("1"), ClientFrame.Ping("2"), ClientFrame.Close(1000));

        Assert.That(answers.Select(a => a.Opcode), Is.EqualTo(new[] { 10, 10, 8 }));
    }
}
