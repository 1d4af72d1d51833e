using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>Splits a protocol's byte stream into messages.</summary>
public interface IStreamSession
{
    /// <summary>Consumes every complete message; stops early if <see cref="ClientConnection.ShouldPause"/> is set.</summary>
    /// <returns>The position of the first byte not consumed.</returns>
    SequencePosition Consume(in ReadOnlySequence<byte> buffer);

    /// <summary>Whether the last <see cref="Consume"/> stopped early, so its buffer may hold further messages.</summary>
    bool IsPaused { get; }

    /// <summary>Whether the session reads no further input.</summary>
    bool IsClosed { get; }

    /// <summary>Whether the client began the close, so it expects nothing but the reply to it.</summary>
    bool ClientClosed { get; }

    /// <summary>Handles the end of the client's input.</summary>
    /// <param name="rest">The incomplete message at the end, if any.</param>
    void End(in ReadOnlySequence<byte> rest);
}

/// <summary>
/// A client on a stream (WebSocket or TCP): its key, its event router and its output. <see cref="RunAsync"/> is the read loop; answers
/// are written by other threads through <see cref="Output"/>.
/// </summary>
public sealed class ClientConnection : IEventSource, IRejectedEvents
{
    // How long to wait at the end for the client's last events to be decided and its last answers to be sent.
    static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(4);

    // How long to wait then for the interventions that the events led to.
    static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(1);

    static readonly byte[] s_heartbeat = [.. "{\"type\":\"heartbeat\"}"u8];
    // How long a slow consumer may take to read why it is dropped.
    static readonly TimeSpan s_slowConsumerTimeout = TimeSpan.FromSeconds(1.5);

    // One thread sends interventions, many at a time.
    [ThreadStatic]
    static ArrayBufferWriter<byte>? s_body;

    [ThreadStatic]
    static Utf8JsonWriter? s_writer;

    readonly IDuplexPipe _transport;
    readonly IngestOptions _options;
    readonly Action _abort;
    readonly StoreKey _key;
    readonly StreamEncoding _encoding;
    readonly Protocol _protocol;
    EventRouter? _router;
    TaskCompletionSource? _drained;
    int _isCut;
    bool _clientEnded;

    public ClientConnection(IDuplexPipe transport, IngestOptions options, StoreKey key, StreamEncoding encoding, Action abort)
    {
        _transport = transport;
        _options = options;
        _abort = abort;
        _key = key;
        _encoding = encoding;
        _protocol = encoding == StreamEncoding.WebSocket ? Protocol.WebSocket : Protocol.Tcp;
        IsPublishable = key.Kind == KeyKind.Publishable;
        ConnectionId = options.Connections.NextId();
        Output = new Outbound(transport.Output, encoding, options.MaxUnsent, OnTooSlow);
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public bool IsPublishable { get; }

    /// <summary>
    /// Router into the partitions. Created with the first event, since most streams never send one. Used by the reader only.
    /// </summary>
    public EventRouter Router => _router ?? MakeRouter();

    /// <summary>Output to the client.</summary>
    public Outbound Output { get; }

    /// <summary>Whether to stop reading until gathered events are submitted or the client has read its answers.</summary>
    public bool ShouldPause => _router is { IsFull: true } || Output.IsCongested;

    /// <summary>Time of the last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks { get; private set; }

    /// <summary>Reads until the client or the session ends, then waits until everything taken is acknowledged.</summary>
    /// <remarks>Returns when the connection ends; input received by then is still taken.</remarks>
    public async Task RunAsync(IStreamSession session)
    {
        LastReadTicks = _options.Partitions.Clock.GetTimestamp();
        _options.Counters.AddConnected(_protocol);
        _options.Connections.Add(this);
        try
        {
            await ReadAsync(session);
            await FinishAsync(isReading: !session.ClientClosed);
            if (!_clientEnded)
            {
                await GracefulClose.WaitAsync(_transport.Input, _protocol == Protocol.WebSocket);
            }
        }
        finally
        {
            _options.Connections.Remove(this);
            _options.Counters.AddDisconnected(_protocol);
            // A client that does not read its remaining output would hold the socket forever.
            _ = AbortAfterAsync(s_closeTimeout);
        }
    }

    /// <summary>Writes an intervention; <see cref="Outbound.Flush"/> sends it.</summary>
    /// <returns><see langword="false"/> if the client can no longer be reached.</returns>
    public bool TryWrite(Intervention intervention)
    {
        var body = s_body ??= new ArrayBufferWriter<byte>(4096);
        var writer = s_writer ??= new Utf8JsonWriter(body);
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

    /// <summary>Sends a heartbeat that asks for a reply.</summary>
    public void SendHeartbeat()
    {
        Output.TryWrite(s_heartbeat);
        Output.Flush();
        if (_encoding == StreamEncoding.WebSocket)
        {
            Output.TrySendFrame(WebSocketOpcode.Ping, []);
        }
    }

    /// <summary>Closes the connection because the engine is stopping. Events already taken are still acknowledged.</summary>
    public void CloseForStop()
    {
        Output.SetClosePayload(WebSocketCloseCode.GoingAway, "");
        _transport.Input.CancelPendingRead();
    }

    /// <summary>Closes an idle connection: tells the client, and aborts soon after in any case.</summary>
    public void CloseIdle()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            Output.SetClosePayload(WebSocketCloseCode.GoingAway, "no data received for listen.idleTimeout");
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_closeTimeout);
        }
    }

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
        // A submit preceded this call and created the router.
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
                // All events were rejected, so no partition will trigger the flush.
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

    // A client that has sent its last byte may still wait for the outcome.
    async Task FinishAsync(bool isReading)
    {
        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _drained, drained);
        CheckDrained();
        await WaitAsync(Task.WhenAny(drained.Task, Output.Closed), s_closeTimeout);
        if (isReading && _router is not null && drained.Task.IsCompleted && _options.WhenAnswered is { } whenAnswered)
        {
            await WaitAsync(Task.WhenAny(whenAnswered(), Output.Closed), s_answerTimeout);
        }

        Output.Close();
        await WaitAsync(Output.Closed, s_closeTimeout);
    }

    static async Task WaitAsync(Task task, TimeSpan timeout)
    {
        try
        {
            await task.WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            // The client is gone.
        }
    }

    void CheckDrained()
    {
        // Both sides write before they read, so whichever finishes last sees the other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _drained) is { } drained && IsDrained)
        {
            drained.TrySetResult();
        }
    }

    // Called on any thread. Events the client sent are still decided.
    void OnTooSlow()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            _options.Counters.AddSlowConsumer();
            Output.Drop("slow_consumer", "the client does not read what it is sent");
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_slowConsumerTimeout);
        }
    }

    async Task AbortAfterAsync(TimeSpan time)
    {
        await Task.Delay(time, _options.Partitions.Clock);
        _abort();
    }
}
