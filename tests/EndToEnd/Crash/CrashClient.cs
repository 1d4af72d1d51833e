using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>The transport of a client.</summary>
enum Transport
{
    WebSocket,
    Lines,
    Http,
}

/// <summary>
/// A client that loses no event: it keeps each until acknowledged, and after a disconnect resends the unacknowledged ones and often some
/// acknowledged ones, as if it had crashed before recording the acknowledgement.
/// </summary>
sealed class CrashClient(int number, int seed)
{
    // Limits of unacknowledged events and of events per message.
    const int InFlight = 400, Batch = 40;

    readonly ShopTraffic _traffic = new(number, seed);
    readonly Random _random = new(seed);
    int _acked;

    public ShopModel Model => _traffic.Model;

    /// <summary>The number of events acknowledged, counted from the first.</summary>
    public int Acked => Volatile.Read(ref _acked);

    /// <summary>The number of events that may have reached the engine, counted from the first.</summary>
    public int Sent { get; private set; }

    /// <summary>The number of events resent after their acknowledgement.</summary>
    public int Repeated { get; private set; }

    /// <summary>The engine's violation of the protocol; null for none.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Connects and sends the unacknowledged and then new events until all are acknowledged or the engine is gone.</summary>
    /// <param name="engine">The engine to connect to.</param>
    /// <param name="transport">The transport.</param>
    /// <param name="fresh">The maximum number of new events.</param>
    public async Task RunAsync(RunningEngine engine, Transport transport, int fresh)
    {
        var first = Math.Max(0, Acked - _random.Next(_random.Next(10) == 0 ? 3000 : 100));
        Repeated += Acked - first;
        var last = Model.Events.Count + fresh;
        try
        {
            if (transport == Transport.Http)
            {
                await PostAsync(engine, first, last);
                return;
            }

            await using var stream = transport == Transport.WebSocket
                ? await EventStream.WebSocketAsync(engine.Stream, EngineConfig.SecretKey)
                : (EventStream)await EventStream.LinesAsync(engine.StreamEndPoint);
            await StreamAsync(stream, first, last);
        }
        catch (Exception e) when (e is IOException or WebSocketException or HttpRequestException or OperationCanceledException
            or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // The engine is gone. Unacknowledged events go to its successor.
        }
    }

    async Task StreamAsync(EventStream stream, int first, int last)
    {
        var position = first;
        var (acked, ackedAt) = (0L, TimeProvider.System.GetTimestamp());
        try
        {
            while (first + stream.Acked < last && !stream.HasEnded)
            {
                Note(first, stream.Acked, position);
                if (stream.Acked != acked)
                {
                    (acked, ackedAt) = (stream.Acked, TimeProvider.System.GetTimestamp());
                }
                else if (TimeProvider.System.GetElapsedTime(ackedAt) > Eventually.Deadline)
                {
                    Complaint = $"client {number}: nothing was acknowledged for {Eventually.Deadline.TotalSeconds} s, with {position - first - acked} events under way";
                    return;
                }

                var count = Math.Min(_random.Next(1, Batch), last - position);
                if (count == 0 || position + count - (first + stream.Acked) > InFlight)
                {
                    await Task.Delay(1);
                    continue;
                }

                Sent = Math.Max(Sent, position + count);
                var message = Message(position, count);
                position += count;
                await stream.SendAsync(message);
            }
        }
        finally
        {
            // Acknowledgements still in flight when the engine ended count.
            if (first + stream.Acked < last && Complaint is null)
            {
                await stream.EndAsync();
            }

            Note(first, stream.Acked, position);
            if (stream.Refused.Count > 0)
            {
                Complaint = $"client {number}: event {first + stream.Refused[0].Index} was refused: {stream.Refused[0].Code}";
            }
        }
    }

    async Task PostAsync(RunningEngine engine, int first, int last)
    {
        for (var position = first; position < last;)
        {
            var count = Math.Min(_random.Next(1, Batch), last - position);
            Sent = Math.Max(Sent, position + count);
            using var content = new ByteArrayContent(Message(position, count));
            using var response = await engine.Http.PostAsync("/v1/events/batch", content);
            var body = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
            {
                Complaint = $"client {number}: a batch from event {position} was answered with {(int)response.StatusCode}: {body}";
                return;
            }

            using var answer = JsonDocument.Parse(body);
            if (answer.RootElement.GetProperty("accepted").GetInt32() != count)
            {
                Complaint = $"client {number}: not all {count} events of the batch from event {position} were accepted: {body}";
            }

            position += count;
            Note(position - count, count, position);
        }
    }

    void Note(int first, long acked, int sent)
    {
        if (first + acked > sent)
        {
            Complaint = $"client {number}: {acked} events were acknowledged of {sent - first}";
        }

        Volatile.Write(ref _acked, Math.Max(_acked, (int)Math.Min(first + acked, sent)));
    }

    byte[] Message(int position, int count)
    {
        var text = new StringBuilder();
        var isArray = count > 1;
        for (var i = position; i < position + count; i++)
        {
            var e = i < Model.Events.Count ? Model.Events[i] : _traffic.Next(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Acked);
            text.Append(i > position ? ',' : isArray ? '[' : ' ');
            e.AppendTo(text);
        }

        return Encoding.UTF8.GetBytes(text.Append(isArray ? "]" : "").ToString());
    }
}
