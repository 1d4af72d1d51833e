using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>A protocol's way of cutting what was read into messages.</summary>
public interface IStreamSession
{
    /// <summary>Works off every complete message; may stop early when <see cref="ClientConnection.ShouldPause"/> says so.</summary>
    /// <returns>Where to go on.</returns>
    SequencePosition Consume(in ReadOnlySequence<byte> buffer);

    /// <summary>The last <see cref="Consume"/> stopped early: there may be more messages in what it was handed.</summary>
    bool IsPaused { get; }

    /// <summary>Nothing more is to be read.</summary>
    bool IsClosed { get; }

    /// <summary>It was the client who closed: it expects nothing but the answer to that.</summary>
    bool ClientClosed { get; }

    /// <summary>The client sent its last byte.</summary>
    /// <param name="rest">What it had begun and did not finish.</param>
    void End(in ReadOnlySequence<byte> rest);
}

/// <summary>
/// A client on a stream, WebSocket or TCP: its key, its way into the partitions and its way back. <see cref="RunAsync"/> is the loop that
/// reads; everything that answers comes from other threads, through <see cref="Output"/>.
/// </summary>
public sealed class ClientConnection : IEventSource, IRejectedEvents
{
    // How long a client's last events may take to be decided on, and its last answers to be sent.
    static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(4);

    static readonly byte[] s_heartbeat = [.. "{\"type\":\"heartbeat\"}"u8];
    // How long a client that did not read may take to read why it is dropped.
    static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1.5);

    // One thread sends interventions, and many at a time.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? t_body;

    [ThreadStatic]
    static Utf8JsonWriter? t_writer;

    readonly IDuplexPipe _transport;
    readonly IngestOptions _options;
    readonly Action _abort;
    readonly StoreKey _key;
    readonly AnswerEncoding _encoding;
    readonly Protocol _protocol;
    EventRouter? _router;
    TaskCompletionSource? _drained;
    int _isCut;
    bool _clientEnded;

    public ClientConnection(IDuplexPipe transport, IngestOptions options, StoreKey key, AnswerEncoding encoding, Action abort)
    {
        _transport = transport;
        _options = options;
        _abort = abort;
        _key = key;
        _encoding = encoding;
        _protocol = encoding == AnswerEncoding.WebSocket ? Protocol.WebSocket : Protocol.Tcp;
        IsPublishable = key.Kind == KeyKind.Publishable;
        ConnectionId = options.Connections.NextId();
        Output = new Outbound(transport.Output, encoding, options.MaxUnsent, OnTooSlow);
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public bool IsPublishable { get; }

    /// <summary>The way into the partitions. It is made when the first event comes: most streams never have one. The reader's alone.</summary>
    public EventRouter Router => _router ?? MakeRouter();

    /// <summary>The way back.</summary>
    public Outbound Output { get; }

    /// <summary>What was taken should be handed on, or read by the client, before more is taken.</summary>
    public bool ShouldPause => _router is { IsFull: true } || Output.IsCongested;

    /// <summary>When something was last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks { get; private set; }

    /// <summary>Reads until the client or the session ends, and sees everything taken acknowledged before it returns.</summary>
    /// <remarks>It ends by itself when the connection does: what had come in by then is taken all the same.</remarks>
    public async Task RunAsync(IStreamSession session)
    {
        LastReadTicks = _options.Partitions.Clock.GetTimestamp();
        _options.Counters.Connected(_protocol);
        _options.Connections.Add(this);
        try
        {
            await ReadAsync(session);
            await SayFarewellAsync();
            if (!_clientEnded)
            {
                await Linger.UntilEndAsync(_transport.Input, _protocol == Protocol.WebSocket);
            }
        }
        finally
        {
            _options.Connections.Remove(this);
            _options.Counters.Disconnected(_protocol);
            // Who does not read what is still under way would keep the socket for ever.
            _ = AbortAfterAsync(s_farewell);
        }
    }

    /// <summary>Writes an intervention; <see cref="Outbound.Flush"/> sends it.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TryWrite(Intervention intervention)
    {
        var body = t_body ??= new ArrayBufferWriter<byte>(4096);
        var writer = t_writer ??= new Utf8JsonWriter(body);
        body.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "intervention"u8);
        writer.WritePropertyName("payload"u8);
        JsonSerializer.Serialize(writer, intervention, ContractsJson.Default.Intervention);
        writer.WriteString("messageId"u8, intervention.Id);
        writer.WriteEndObject();
        writer.Flush();
        return Output.TryWrite(body.WrittenSpan);
    }

    /// <summary>Sends a sign of life, and asks for one.</summary>
    public void SendHeartbeat()
    {
        Output.TryWrite(s_heartbeat);
        Output.Flush();
        if (_encoding == AnswerEncoding.WebSocket)
        {
            Output.TrySendFrame(WebSocketOpcode.Ping, []);
        }
    }

    /// <summary>The engine stops: what was taken is still acknowledged.</summary>
    public void GoAway()
    {
        Output.SetFarewell(WebSocketCloseCode.GoingAway, "");
        _transport.Input.CancelPendingRead();
    }

    /// <summary>Nothing came for too long: the client is told, and cut off soon, whether it hears it or not.</summary>
    public void CloseIdle()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            Output.SetFarewell(WebSocketCloseCode.GoingAway, "nothing came for listen.idleTimeout");
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_farewell);
        }
    }

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
        // A submit came before it, and made the router.
        _router!.Progress.Complete(partition, upTo);
        Output.Flush();
        CheckDrained();
    }

    /// <inheritdoc/>
    public void OnRejected(long index, EventProblem problem) => Output.TrySendError(index, problem);

    EventRouter MakeRouter()
    {
        _router = new EventRouter(
            _options.Partitions, _options.RulesFor(_key), _options.MaxBatch, _protocol, _options.Counters, this, this, _options.DeadLetters);
        _router.BeginRead();
        Output.Progress = _router.Progress;
        return _router;
    }

    async Task ReadAsync(IStreamSession session)
    {
        var input = _transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            LastReadTicks = _options.Partitions.Clock.GetTimestamp();
            _router?.BeginRead();
            do
            {
                buffer = buffer.Slice(session.Consume(buffer));
                await SubmitAsync();
                if (Output.IsCongested)
                {
                    await WaitForClientAsync();
                }
            }
            while (session.IsPaused && !session.IsClosed);

            if (read.IsCompleted && !session.IsClosed)
            {
                session.End(buffer);
                await SubmitAsync();
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (session.IsClosed || read.IsCompleted || read.IsCanceled)
            {
                _clientEnded = read.IsCompleted || session.ClientClosed;
                Output.Flush();
                return;
            }

            if (_router is not null && IsDrained)
            {
                // Only refusals came, and no partition will say so.
                Output.Flush();
            }
        }
    }

    ValueTask SubmitAsync() => _router?.SubmitAsync(CancellationToken.None) ?? ValueTask.CompletedTask;

    bool IsDrained => _router is null || _router.Progress.UpTo == _router.Taken;

    async Task WaitForClientAsync()
    {
        try
        {
            await Output.WaitAsync().WaitAsync(_options.SlowReaderTimeout, _options.Partitions.Clock);
        }
        catch (TimeoutException)
        {
            OnTooSlow();
        }
    }

    // The client may have sent its last byte and still wait for what became of it.
    async Task SayFarewellAsync()
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _drained, drained);
        CheckDrained();
        await WaitAsync(Task.WhenAny(drained.Task, Output.Closed), s_farewell);
        Output.Close();
        await WaitAsync(Output.Closed, s_farewell);
    }

    static async Task WaitAsync(Task task, TimeSpan atMost)
    {
        try
        {
            await task.WaitAsync(atMost);
        }
        catch (TimeoutException)
        {
            // There is nobody to tell.
        }
    }

    void CheckDrained()
    {
        // Whoever finishes last sees it, because both sides write before they look.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _drained) is { } drained && IsDrained)
        {
            drained.TrySetResult();
        }
    }

    // Any thread's. What it sent is still decided on.
    void OnTooSlow()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            _options.Counters.SlowConsumer();
            Output.GiveUp("slow_consumer", "you do not read what you are sent");
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_lastWords);
        }
    }

    async Task AbortAfterAsync(TimeSpan time)
    {
        await Task.Delay(time, _options.Partitions.Clock);
        _abort();
    }
}
