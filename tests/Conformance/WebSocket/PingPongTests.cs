namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 2: pings and pongs.</summary>
[TestFixture]
public sealed class PingPongTests
{
    static readonly byte[][] s_payloads = [[], "Hello"u8.ToArray(), [0, 255, 254, 253, 252, 251, 0], [.. Enumerable.Repeat((byte)0xfe, 125)]];

    [Test]
    public async Task A_pong_carries_the_pings_payload([ValueSource(nameof(s_payloads))] byte[] payload, [Values(1, 3, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Of(ClientFrame.PingOpcode, payload));

        Assert.That(answers.Single().Opcode, Is.EqualTo(ClientFrame.PongOpcode));
        Assert.That(answers.Single().Payload, Is.EqualTo(payload));
        Assert.That((talk.IsClosed, talk.Messages.Count), Is.EqualTo((false, 0)));
    }

    [TestCase(126)]
    [TestCase(65_536)]
    public async Task A_ping_longer_than_125_bytes_is_a_protocol_error(int size)
    {
        var (_, answers) = await Conversation.Of(ClientFrame.Of(ClientFrame.PingOpcode, new byte[size]));

        Assert.That((answers.Single().Opcode, answers.Single().CloseCode), Is.EqualTo((ClientFrame.CloseOpcode, 1002)));
    }

    [Test]
    public async Task An_unsolicited_pong_is_ignored()
    {
        var (talk, answers) = await Conversation.Of(ClientFrame.Pong(), ClientFrame.Pong("unasked"), ClientFrame.Ping("asked"));

        Assert.That(answers.Select(a => (a.Opcode, a.Text)), Is.EqualTo(new[] { (ClientFrame.PongOpcode, "asked") }));
        Assert.That(talk.IsClosed, Is.False);
    }

    [Test]
    public async Task Ten_pings_are_answered_in_order([Values(1, 2, 4096)] int step)
    {
        var (_, answers) = await Conversation.InSteps(step, [.. Enumerable.Range(0, 10).Select(i => ClientFrame.Ping($"payload-{i}"))]);

        Assert.That(answers.Select(a => a.Text), Is.EqualTo(Enumerable.Range(0, 10).Select(i => $"payload-{i}")));
        Assert.That(answers, Has.All.Property(nameof(ServerFrame.Opcode)).EqualTo(ClientFrame.PongOpcode));
    }

    [Test]
    public async Task Of_a_hundred_thousand_pings_in_one_read_the_first_ones_and_the_last_one_are_answered()
    {
        const int count = 100_000, answered = 32;
        var (_, answers) = await Conversation.Of([.. Enumerable.Range(0, count).Select(i => ClientFrame.Ping($"{i}"))]);

        Assert.That(answers.Select(a => a.Text), Is.EqualTo(Enumerable.Range(0, answered).Append(count - 1).Select(i => $"{i}")));
        Assert.That(answers, Has.All.Property(nameof(ServerFrame.Opcode)).EqualTo(ClientFrame.PongOpcode));
    }
}
