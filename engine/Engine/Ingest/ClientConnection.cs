using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Control;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.WebSocket;

namespace CartRecovery.Engine.Ingest;

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

    readonly IDuplexPipe _transport;
    readonly IngestSetup _setup;
    readonly Action _abort;
    readonly AnswerEncoding _encoding;
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _isDraining;
    bool _clientEnded;

    public ClientConnection(IDuplexPipe transport, IngestSetup setup, StoreKey key, AnswerEncoding encoding, Action abort)
    {
        _transport = transport;
        _setup = setup;
        _abort = abort;
        _encoding = encoding;
        IsPublishable = key.Kind == KeyKind.Publishable;
        ConnectionId = setup.Connections.NextId();
        var protocol = encoding == AnswerEncoding.WebSocket ? Protocol.WebSocket : Protocol.Tcp;
        Router = new EventRouter(setup.Partitions, setup.RulesFor(key), setup.MaxBatch, protocol, setup.Counters, this, this, setup.DeadLetters);
        Output = new Outbound(transport.Output, encoding, setup.MaxUnsent, Router.Progress, OnTooSlow);
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public bool IsPublishable { get; }

    /// <summary>The way into the partitions.</summary>
    public EventRouter Router { get; }

    /// <summary>The way back.</summary>
    public Outbound Output { get; }

    /// <summary>What was taken should be handed on, or read by the client, before more is taken.</summary>
    public bool ShouldPause => Router.IsFull || Output.IsCongested;

    /// <summary>When something was last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks { get; private set; }

    /// <summary>Reads until the client or the session ends, and sees everything taken acknowledged before it returns.</summary>
    /// <remarks>It ends by itself when the connection does: what had come in by then is taken all the same.</remarks>
    public async Task RunAsync(IStreamSession session)
    {
        LastReadTicks = _setup.Partitions.Clock.GetTimestamp();
        _setup.Connections.Add(this);
        try
        {
            await ReadAsync(session);
            await SayFarewellAsync();
            if (!_clientEnded)
            {
                await Linger.UntilEndAsync(_transport.Input);
            }
        }
        finally
        {
            _setup.Connections.Remove(this);
        }
    }

    /// <summary>Sends an intervention.</summary>
    /// <returns>False when the client cannot be reached any more.</returns>
    public bool TrySend(Intervention intervention)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "intervention"u8);
            writer.WritePropertyName("payload"u8);
            JsonSerializer.Serialize(writer, intervention, ContractsJson.Default.Intervention);
            writer.WriteString("messageId"u8, intervention.Id);
            writer.WriteEndObject();
        }

        return Output.TrySend(body.WrittenMemory);
    }

    /// <summary>Sends a sign of life, and asks for one.</summary>
    public void SendHeartbeat()
    {
        Output.TrySend(s_heartbeat);
        if (_encoding == AnswerEncoding.WebSocket)
        {
            Output.TrySendFrame(WebSocketOpcode.Ping, []);
        }
    }

    /// <summary>The engine stops: what was taken is still acknowledged.</summary>
    public void GoAway()
    {
        Output.SetFarewell([(int)WebSocketCloseCode.GoingAway >> 8, (int)WebSocketCloseCode.GoingAway & 0xff]);
        _transport.Input.CancelPendingRead();
    }

    /// <summary>Cuts the connection.</summary>
    public void Abort() => _abort();

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
        Router.Progress.Complete(partition, upTo);
        Output.AckChanged();
        CheckDrained();
    }

    /// <inheritdoc/>
    public void OnRejected(long index, EventProblem problem) => Output.TrySendError(index, problem);

    async Task ReadAsync(IStreamSession session)
    {
        var input = _transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            var buffer = read.Buffer;
            LastReadTicks = _setup.Partitions.Clock.GetTimestamp();
            Router.BeginRead();
            do
            {
                buffer = buffer.Slice(session.Consume(buffer));
                await Router.SubmitAsync(CancellationToken.None);
                if (Output.IsCongested)
                {
                    await WaitForClientAsync();
                }
            }
            while (session.IsPaused && !session.IsClosed);

            if (read.IsCompleted && !session.IsClosed)
            {
                session.End(buffer);
                await Router.SubmitAsync(CancellationToken.None);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (session.IsClosed || read.IsCompleted || read.IsCanceled)
            {
                _clientEnded = read.IsCompleted || session.ClientClosed;
                Output.AckChanged();
                return;
            }

            if (Router.Taken > 0 && Router.Progress.UpTo == Router.Taken)
            {
                // Only refusals came, and no partition will say so.
                Output.AckChanged();
            }
        }
    }

    async Task WaitForClientAsync()
    {
        try
        {
            await Output.WaitAsync().WaitAsync(_setup.SlowReaderTimeout, _setup.Partitions.Clock);
        }
        catch (TimeoutException e)
        {
            OnTooSlow();
            throw new OperationCanceledException("the client does not read what it is answered", e);
        }
    }

    // The client may have sent its last byte and still wait for what became of it.
    async Task SayFarewellAsync()
    {
        Volatile.Write(ref _isDraining, true);
        CheckDrained();
        await WaitAsync(Task.WhenAny(_drained.Task, Output.Closed), s_farewell);
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
        // Whoever finishes last sees the flag, because both sides write before they look.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isDraining) && Router.Progress.UpTo == Router.Taken)
        {
            _drained.TrySetResult();
        }
    }

    void OnTooSlow()
    {
        _setup.Counters.SlowConsumer();
        _abort();
    }
}
