namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Sections 9 and 10: large messages, many messages, and messages over the limit.</summary>
[TestFixture]
public sealed class LimitsTests
{
    const int Limit = 1000;

    [Test]
    public async Task Four_megabytes_are_accepted_within_the_limit([Values(1, 2)] int opcode, [Values(64, 4096, 65_536, 4 << 20)] int fragment)
    {
        var payload = new byte[4 << 20];
        Array.Fill(payload, (byte)'*');
        var talk = new Conversation(payload.Length);
        var parts = payload.Chunk(fragment).ToArray();
        for (var i = 0; i < parts.Length; i++)
        {
            talk.Feed(ClientFrame.Of(i == 0 ? opcode : 0, parts[i], fin: i == parts.Length - 1));
        }

        Assert.That(talk.Messages.Single().Payload.AsSpan().SequenceEqual(payload), Is.True);
        Assert.That(await talk.EndAsync(), Is.Empty);
    }

    [Test]
    public async Task Many_small_messages_arrive_in_order()
    {
        var talk = new Conversation();
        foreach (var bytes in ClientFrame.Join(Enumerable.Range(0, 50_000).Select(i => ClientFrame.Text($"{i}"))).Chunk(16 * 1024))
        {
            talk.Feed(bytes);
        }

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(Enumerable.Range(0, 50_000).Select(i => $"{i}")));
        Assert.That(await talk.EndAsync(), Is.Empty);
    }

    [Test]
    public async Task A_message_over_the_limit_is_skipped_and_the_connection_continues([Values(1, 2)] int opcode, [Values(1, 7, 4096)] int step)
    {
        var talk = new Conversation(Limit);
        foreach (var part in ClientFrame.Join(ClientFrame.Text("before"), ClientFrame.Of(opcode, new byte[Limit + 1]), ClientFrame.Ping("p"),
            ClientFrame.Text("after")).Chunk(step))
        {
            talk.Feed(part);
        }

        Assert.That((talk.TooLong, talk.IsClosed), Is.EqualTo((1, false)));
        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "before", "after" }));
        Assert.That((await talk.EndAsync()).Single().Text, Is.EqualTo("p"));
    }

    [Test]
    public async Task Fragments_over_the_limit_in_total_are_skipped_as_one_message([Values(1, 7, 4096)] int step)
    {
        var talk = new Conversation(Limit);
        foreach (var part in ClientFrame.Join(ClientFrame.Text(new string('a', 600), fin: false), ClientFrame.Ping("p"),
            ClientFrame.Continue(new string('b', 600), fin: false), ClientFrame.Continue("", fin: false),
            ClientFrame.Continue(new string('c', 600), fin: true), ClientFrame.Text(new string('d', Limit))).Chunk(step))
        {
            talk.Feed(part);
        }

        Assert.That((talk.TooLong, talk.IsClosed), Is.EqualTo((1, false)));
        Assert.That(talk.Messages.Single().Text, Is.EqualTo(new string('d', Limit)));
        Assert.That((await talk.EndAsync()).Single().Text, Is.EqualTo("p"));
    }

    [Test]
    public async Task A_skipped_text_does_not_affect_the_validation_of_the_next()
    {
        var talk = new Conversation(Limit);
        talk.Feed(ClientFrame.Join(ClientFrame.Text([(byte)'a', 0xe2], fin: false), ClientFrame.Continue(new byte[Limit], fin: true),
            ClientFrame.Text([0xe2], fin: false), ClientFrame.Continue([0x82, 0xac], fin: true)));

        Assert.That(talk.Messages.Single().Text, Is.EqualTo("€"));
        Assert.That(await talk.EndAsync(), Is.Empty);
    }

    [Test]
    public async Task A_message_far_over_the_limit_closes_the_connection()
    {
        var talk = new Conversation(Limit);
        talk.Feed(ClientFrame.Of(ClientFrame.BinaryOpcode, [], length: 1L << 40));

        Assert.That((await talk.EndAsync()).Single().CloseCode, Is.EqualTo(1009));
    }

    [Test]
    public async Task A_fragment_of_the_maximum_length_closes_the_connection()
    {
        var talk = new Conversation(Limit);
        talk.Feed(ClientFrame.Join(ClientFrame.Binary([1], fin: false), ClientFrame.Of(ClientFrame.Continuation, [], length: long.MaxValue)));

        Assert.That((await talk.EndAsync()).Single().CloseCode, Is.EqualTo(1009));
    }
}
