using System.Text;

namespace CartRecovery.Tests.Conformance.WebSocket;

/// <summary>Section 6: texts are UTF-8, and invalid UTF-8 is rejected at its first invalid byte.</summary>
[TestFixture]
public sealed class Utf8Tests
{
    static readonly string[] s_valid =
    [
        "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\0", "\u0080", "\u07ff", "\u0800", "\uffff", "\U00010000", "\ud7ff", "\ue000", "\ufffd",
        "\U0010ffff", "\ufffe", "\U0001fffe", "𝄞 and 你好",
    ];

    static readonly byte[][] s_invalid =
    [
        [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
        [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80], [0xe2, 0x28, 0xa1], [0xe2, 0x82, 0x28], [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
        [0xf5, 0x80, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80], [0xfe], [0xff], [0xf0, 0x28, 0x8c, 0xbc],
    ];

    [Test]
    public async Task Valid_UTF8_is_accepted_at_any_split([ValueSource(nameof(s_valid))] string text, [Values(1, 2, 3, 4096)] int step)
    {
        var bytes = Encoding.UTF8.GetBytes($"before {text} after");
        var fragments = bytes.Select((b, i) => ClientFrame.Of(i == 0 ? 1 : 0, [b], fin: i == bytes.Length - 1));
        var (talk, answers) = await Conversation.InSteps(step, [ClientFrame.Text(bytes), .. fragments, ClientFrame.Text("next")]);

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { $"before {text} after", $"before {text} after", "next" }));
        Assert.That((answers.Count, talk.Invalid), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Invalid_UTF8_closes_the_connection([ValueSource(nameof(s_invalid))] byte[] bad, [Values(1, 2, 3, 4096)] int step)
    {
        var (talk, answers) = await Conversation.InSteps(step, ClientFrame.Text("good"),
            ClientFrame.Text([.. "κόσμε"u8, .. bad, .. "edited"u8]), ClientFrame.Text("after"));

        Assert.That(talk.Messages.Select(m => m.Text), Is.EqualTo(new[] { "good" }));
        Assert.That((answers.Single().CloseCode, talk.Invalid), Is.EqualTo((1007, 1)));
    }

    [Test]
    public async Task Invalid_UTF8_in_fragments_closes_the_connection([ValueSource(nameof(s_invalid))] byte[] bad)
    {
        byte[] bytes = [.. "κόσμε"u8, .. bad, .. "edited"u8];
        var (talk, answers) = await Conversation.Of(
            [.. bytes.Select((b, i) => ClientFrame.Of(i == 0 ? 1 : 0, [b], fin: i == bytes.Length - 1)), ClientFrame.Text("after")]);

        Assert.That((talk.Messages.Count, answers.Single().CloseCode, talk.Invalid), Is.EqualTo((0, 1007, 1)));
    }

    [Test]
    public async Task A_text_ending_inside_a_character_closes_the_connection([Values("c3", "e282", "f09f", "f09f92", "f4")] string hex, [Values(true, false)] bool fragmented)
    {
        byte[] bytes = [.. "abc"u8, .. Convert.FromHexString(hex)];
        var (talk, answers) = await Conversation.Of(fragmented
            ? [ClientFrame.Text(bytes, fin: false), ClientFrame.Continue("", fin: true)]
            : [ClientFrame.Text(bytes)]);

        Assert.That((talk.Messages.Count, answers.Single().CloseCode), Is.EqualTo((0, 1007)));
    }

    [Test]
    public async Task An_invalid_byte_closes_the_connection_before_the_message_ends([ValueSource(nameof(s_invalid))] byte[] bad)
    {
        var talk = new Conversation();
        talk.Feed(ClientFrame.Text([.. "good so far "u8, .. bad, (byte)'x'], fin: false));

        Assert.That(talk.IsClosed, Is.True);
        Assert.That((await talk.EndAsync()).Single().CloseCode, Is.EqualTo(1007));
    }

    [Test]
    public async Task An_invalid_byte_closes_the_connection_before_its_frame_ends([ValueSource(nameof(s_invalid))] byte[] bad, [Values] bool fragment)
    {
        byte[] bytes = [.. "good so far "u8, .. bad, .. new byte[100]];
        var frame = fragment ? ClientFrame.Join(ClientFrame.Text("a", fin: false), ClientFrame.Continue(bytes, fin: true)) : ClientFrame.Text(bytes);
        var talk = new Conversation();
        var fed = 0;
        while (!talk.IsClosed && fed < frame.Length)
        {
            talk.Feed(frame[fed++]);
        }

        Assert.That(fed, Is.LessThanOrEqualTo(frame.Length - 100 + 1), "closed at the first invalid byte, or right after the invalid ones");
        Assert.That((await talk.EndAsync()).Single().CloseCode, Is.EqualTo(1007));
    }

    [TestCase("ce bae1 bdb9", "f4 90", 2)]
    [TestCase("61", "ed a0", 2)]
    [TestCase("61", "e0 9f", 2)]
    [TestCase("61", "f0 8f", 2)]
    [TestCase("61", "c0", 1)]
    [TestCase("61", "f5", 1)]
    public void The_first_invalid_byte_closes_the_connection(string good, string bad, int at)
    {
        var talk = new Conversation();
        var frame = ClientFrame.Text([.. Hex(good), .. Hex(bad), .. new byte[50]]);
        var before = frame.Length - 50 - Hex(bad).Length + at - 1;
        talk.Feed(frame[..before]);
        var early = talk.IsClosed;
        talk.Feed(frame[before]);

        Assert.That((early, talk.IsClosed), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Binary_messages_are_not_validated_as_UTF8([Values(true, false)] bool fragmented)
    {
        var (talk, answers) = await Conversation.InSteps(1, fragmented
            ? [ClientFrame.Binary([0xff], fin: false), ClientFrame.Continue([0xc0, 0x80], fin: true)]
            : [ClientFrame.Binary([0xff, 0xc0, 0x80])]);

        Assert.That(talk.Messages.Single().Payload, Is.EqualTo(new byte[] { 0xff, 0xc0, 0x80 }));
        Assert.That(answers, Is.Empty);
    }

    static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
