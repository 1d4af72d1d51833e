using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest.DeadLetters;

/// <summary>Only rejected events of a stream are kept.</summary>
[TestFixture(StreamTransport.Tcp)]
[TestFixture(StreamTransport.WebSocket)]
[TestFixture(StreamTransport.MessagePack)]
[TestFixture(StreamTransport.Binary)]
sealed class StreamDeadLettersTests(StreamTransport via)
{
    [Test]
    public async Task Only_the_rejected_event_is_kept_with_its_connection()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via);
        await client.SendAsync(EventJson.Array(EventJson.Of("c"), "{\"id\":7}", EventJson.Of("c")));
        var letter = await FirstAsync(engine);

        Assert.That((letter.TextOf(), letter.Code, letter.Store, letter.FromServer), Is.EqualTo(("{\"id\":7}", "wrong_type", "demo", true)));
        Assert.That((letter.Protocol, letter.Connection > 0), Is.EqualTo((via.IsTcp() ? "tcp" : "websocket", true)));
        Assert.That(letter.At, Is.EqualTo(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).Within(60_000));
    }

    [Test]
    public async Task The_beginning_of_a_message_over_the_limit_is_kept()
    {
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via);
        var message = $"{{\"id\":\"e1\",\"note\":\"{new string('x', 600 * 1024)}\"}}";
        await client.SendAsync(message);
        await client.SendAsync("{}");
        var letter = await FirstAsync(engine, 2);

        Assert.That((letter.Code, letter.IsTruncated), Is.EqualTo(("message_too_large", true)));
        Assert.That(letter.Event, Has.Length.LessThanOrEqualTo(DeadLetterQueue.Beginning));
        if (!via.IsMessagePack())
        {
            Assert.That(message, Does.StartWith(letter.TextOf()));
        }

        if (via == StreamTransport.Tcp)
        {
            Assert.That(letter.Event, Has.Length.EqualTo(DeadLetterQueue.Beginning));
        }
    }

    static async Task<DeadLetter> FirstAsync(InProcessEngine engine, int count = 1)
    {
        await Eventually.Is(() => engine.Host.DeadLetters.Count(DeadLetterState.Waiting) == count, "the letter is kept");
        return engine.Host.DeadLetters.Find(1)!;
    }
}
