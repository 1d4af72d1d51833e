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
    /// <summary>Works off every complete message; may stop early when <see cref="ClientConnection.Router"/> is full.</summary>
    /// <returns>Where to go on.</returns>
    SequencePosition Consume(in ReadOnlySequence<byte> buffer);

    /// <summary>Nothing more is to be read.</summary>
    bool IsClosed { get; }

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
    static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(5);

    readonly IDuplexPipe _transport;
    readonly IngestSetup _setup;
    readonly Action _abort;
    readonly bool _isWebSocket;
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    bool _isDraining;

    public ClientConnection(IDuplexPipe transport, IngestSetup setup, StoreKey key, Protocol protocol, Action abort)
    {
        _transport = transport;
        _setup = setup;
        _abort = abort;
        _isWebSocket = protocol == Protocol.WebSocket;
        IsPublishable = key.Kind == KeyKind.Publishable;
        ConnectionId = setup.Connections.NextId();
        Router = new EventRouter(setup.Partitions, setup.RulesFor(key), setup.MaxBatch, protocol, setup.Counters, this, this);
        Output = new Outbound(transport.Output, _isWebSocket, setup.MaxUnsent, Router.Progress, OnTooSlow);
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public bool IsPublishable { get; }

    /// <summary>The way into the partitions.</summary>
    public EventRouter Router { get; }

    /// <summary>The way back.</summary>
    public Outbound Output { get; }

    /// <summary>When something was last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks { get; private set; }

    /// <summary>Reads until the client or the session ends, and sees everything taken acknowledged before it returns.</summary>
    public async Task RunAsync(IStreamSession session, CancellationToken cancellationToken)
    {
        LastReadTicks = _setup.Partitions.Clock.GetTimestamp();
        _setup.Connections.Add(this);
        try
        {
            await ReadAsync(session, cancellationToken);
            await SayFarewellAsync(cancellationToken);
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

        return Output.TrySendText(body.WrittenSpan);
    }

    /// <summary>Sends a sign of life, and asks for one.</summary>
    public void SendHeartbeat()
    {
        Output.TrySendText("{\"type\":\"heartbeat\"}"u8);
        if (_isWebSocket)
        {
            Output.TrySendFrame(WebSocketOpcode.Ping, [], last: false);
        }
    }

    /// <summary>The engine stops: what was taken is still acknowledged.</summary>
    public void GoAway()
    {
        if (_isWebSocket)
        {
            Span<byte> payload = [(int)WebSocketCloseCode.GoingAway >> 8, (int)WebSocketCloseCode.GoingAway & 0xff];
            Output.TrySendFrame(WebSocketOpcode.Close, payload, last: true);
        }

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

    async Task ReadAsync(IStreamSession session, CancellationToken cancellationToken)
    {
        var input = _transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            LastReadTicks = _setup.Partitions.Clock.GetTimestamp();
            Router.BeginRead();
            bool paused;
            do
            {
                var before = buffer.Length;
                buffer = buffer.Slice(session.Consume(buffer));
                paused = Router.IsFull && buffer.Length < before;
                await Router.SubmitAsync(cancellationToken);
            }
            while (paused && !session.IsClosed);

            if (read.IsCompleted && !session.IsClosed)
            {
                session.End(buffer);
                await Router.SubmitAsync(cancellationToken);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (session.IsClosed || read.IsCompleted || read.IsCanceled)
            {
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

    // The client may have sent its last byte and still wait for what became of it.
    async Task SayFarewellAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_farewell);
        try
        {
            Volatile.Write(ref _isDraining, true);
            CheckDrained();
            await Task.WhenAny(_drained.Task, Output.Closed).WaitAsync(deadline.Token);
            Output.Close();
            await Output.Closed.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Time is over, or the connection is: there is nobody to tell.
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
