using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Ingest;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Security;

/// <summary>What a byte that comes in can cost: bytes that go out, and bytes on the disk. docs/security.md has the figures.</summary>
[TestFixture]
sealed class AmplificationTests
{
    // The answers to 1,000 refusals are the most that a stream gets.
    const int MaxAnswer = 200 * 1024;

    static readonly EventErrorCode[] s_errors = Enum.GetValues<EventErrorCode>();

    static IEnumerable<TestCaseData> Floods()
    {
        foreach (var via in new[] { StreamTransport.Tcp, StreamTransport.WebSocket, StreamTransport.MessagePack })
        {
            yield return new TestCaseData(via, 1) { TestName = $"One_event_a_message({via})" };
            yield return new TestCaseData(via, 2_500) { TestName = $"A_full_batch_a_message({via})" };
        }
    }

    [TestCaseSource(nameof(Floods))]
    public async Task A_refused_flood_is_answered_with_few_bytes(StreamTransport via, int perMessage)
    {
        const int events = 50_000;
        await using var engine = await InProcessEngine.StartAsync();
        using var client = await StreamClient.OpenAsync(engine, via, InProcessEngine.Publishable);
        var message = perMessage == 1 ? "0" : $"[{string.Join(',', Enumerable.Repeat("0", perMessage))}]";
        var bytes = Conformance.WebSocket.ClientFrame.Join(Enumerable.Repeat(client.Encode(message), events / perMessage));
        try
        {
            await client.Raw.SendAsync(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed: too many errors in a row.
        }

        var answer = await client.Raw.ReadToEndAsync();
        var queue = engine.Host.DeadLetterQueue;
        await Eventually.Is(() => s_errors.Sum(e => queue.StoredFor(e) + queue.SampledOut(e)) == engine.Counts.Rejected, "the letters are written");
        var letters = engine.Host.DeadLetters.Bytes;
        TestContext.Out.WriteLine($"{bytes.Length:N0} bytes sent, {answer.Length:N0} out, {letters:N0} on disk");
        Assert.That(answer, Has.Length.LessThan(MaxAnswer));
        Assert.That(letters, Is.LessThan(512 * 1024), "the burst of deadLetters.rate, and the lines around the events");
    }

    [Test]
    public async Task A_refused_batch_over_HTTP_is_answered_with_little_more_than_its_length()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var body = $"[{string.Join(',', Enumerable.Repeat("0", 2_500))}]";
        var answer = await engine.PostAsync("/v1/events", body, InProcessEngine.Publishable);

        Assert.That(answer.Json.GetProperty("rejected").GetInt32(), Is.EqualTo(2_500));
        Assert.That(answer.Json.GetProperty("errors").GetArrayLength(), Is.InRange(50, 400));
        Assert.That(Encoding.UTF8.GetByteCount(answer.Body), Is.LessThan(20 * 1024));
    }

    [Test]
    public async Task Every_rejection_of_an_ordinary_batch_is_listed()
    {
        await using var engine = await InProcessEngine.StartAsync();
        var answer = await engine.PostAsync("/v1/events", EventJson.Array(EventJson.Many("c", 2_000).Select(e => e.Replace("page_view", "teleport", StringComparison.Ordinal))));

        Assert.That(answer.Json.GetProperty("errors").GetArrayLength(), Is.EqualTo(2_000));
    }
}
