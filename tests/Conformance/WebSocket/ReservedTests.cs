namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Sections 3 and 4: reserved bits and reserved opcodes.</summary>
[TestFixture]
public sealed class ReservedTests
{
    [Test]
    public async Task A_reserved_bit_is_a_protocol_error(
        [Range(1, 7)] int bits, [Values(1, 2, 8, 9, 10)] int opcode, [Values(1, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step,
            ClientFrame.Text("before"), ClientFrame.Of(opcode, "\u0003\u00e8"u8, reserved: bits), ClientFrame.Text("after"), ClientFrame.Ping());

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "before" }));
        Assert.That((answers.Single().Opcode, answers.Single().CloseCode), Is.EqualTo((ClientFrame.CloseOpcode, 1002)));
    }

    [Test]
    public async Task A_reserved_bit_in_a_fragment_is_a_protocol_error([Values(1, 2, 4)] int bits)
    {
        var (talk, answers) = await Conversation.Of(
            ClientFrame.Text("one", fin: false), ClientFrame.Of(ClientFrame.Continuation, "two"u8, reserved: bits));

        Assert.That((talk.Messages.Count, answers.Single().CloseCode), Is.EqualTo((0, 1002)));
    }

    [Test]
    public async Task A_reserved_opcode_is_a_protocol_error(
        [Values(3, 4, 5, 6, 7, 11, 12, 13, 14, 15)] int opcode, [Values(0, 5)] int size, [Values(true, false)] bool fin)
    {
        var (talk, answers) = await Conversation.Of(
            ClientFrame.Text("before"), ClientFrame.Of(opcode, new byte[size], fin), ClientFrame.Text("after"));

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "before" }));
        Assert.That((answers.Single().Opcode, answers.Single().CloseCode), Is.EqualTo((ClientFrame.CloseOpcode, 1002)));
    }
}
