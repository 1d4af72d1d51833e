using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Connections.Memory;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// A client on a stream (WebSocket or TCP): its key, its event router and its output. <see cref="RunAsync"/> is the read loop: in turns on
/// its <see cref="IngestThread"/>, each of which takes all complete messages of a read. Answers are written by other threads through
/// <see cref="Output"/>.
/// </summary>
public sealed partial class ClientConnection : IEventSource, IRejectedEvents
{
    static readonly byte[] s_heartbeat = [.. "{\"type\":\"heartbeat\"}"u8];

    readonly IDuplexPipe _transport;
    readonly IngestOptions _options;
    readonly Action _abort;
    readonly Client _client;
    readonly StreamEncoding _encoding;
    readonly Protocol _protocol;
    readonly IngestThread _thread;
    readonly ThreadSwitch _switch;
    readonly LongMessageMemory _memory;
    readonly RejectionReporter _rejections;
    readonly ConnectionDrain _drain;
    readonly InputBackpressure _pressure;
    EventRouter? _router;
    int _isCut;
    bool _isRevoked;
    bool _clientEnded;
    long _lastReadTicks;

    /// <param name="transport">Its bytes.</param>
    /// <param name="thread">Takes its events.</param>
    /// <param name="options">Options shared by all connections.</param>
    /// <param name="client">The authenticated client.</param>
    /// <param name="encoding">The encoding of its answers.</param>
    /// <param name="abort">Closes the transport without waiting.</param>
    public ClientConnection(
        IDuplexPipe transport, IngestThread thread, IngestOptions options, Client client, StreamEncoding encoding, Action abort)
    {
        _transport = transport;
        _thread = thread;
        _switch = new ThreadSwitch(thread, transport.Input is SocketPipeReader);
        _memory = new LongMessageMemory(options, client.Key.Kind, CloseForMemory);
        _options = options;
        _abort = abort;
        _client = client;
        _encoding = encoding;
        _protocol = encoding == StreamEncoding.WebSocket ? Protocol.WebSocket : Protocol.Tcp;
        Network = client.Key.Store.Ids.NetworkOf(client.Address);
        ConnectionId = options.Connections.NextId();
        Output = new Outbound(transport.Output, encoding, options.MaxUnsolicitedBytes, options.Unread, OnTooSlow);
        _rejections = new RejectionReporter(thread.Rejections, Output);
        _drain = new ConnectionDrain(Output, options);
        _pressure = new InputBackpressure(transport.Input, Output, options, _memory, options.Rates.MeterOf(client.Address, client.Key), options.Usage?.OfKey(client.Key));
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public ulong Network { get; }

    /// <inheritdoc/>
    public BotEvidence Bot => _client.Bot;

    /// <summary>Output to the client.</summary>
    public Outbound Output { get; }

    /// <summary>Time of the last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks => Volatile.Read(ref _lastReadTicks);

    /// <summary>
    /// When memory for a long message was reserved, or its last message arrived since; in ticks of the monotonic clock, 0 for none.
    /// </summary>
    public long IncompleteTicks => _memory.SinceTicks;

    /// <summary>Takes a JSON message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.RouteJson"/>
    public void RouteJson(ReadOnlySpan<byte> json, bool isValidUtf8 = false)
    {
        Router.RouteJson(json, isValidUtf8);
        _rejections.EndMessage();
    }

    /// <summary>Takes a MessagePack message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.RouteMessagePack"/>
    public void RouteMessagePack(ReadOnlySpan<byte> message)
    {
        Router.RouteMessagePack(message);
        _rejections.EndMessage();
    }

    /// <summary>Rejects a message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.Reject"/>
    public void Reject(EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated = false)
    {
        Router.Reject(problem, raw, isTruncated);
        _rejections.EndMessage();
    }

    /// <summary>Whether nothing more is taken, because too many events in a row were rejected.</summary>
    public bool IsHopeless => _router is not null && _rejections.IsHopeless(_router.Received);

    /// <summary>Reads until the client or the session ends, then waits until everything taken is acknowledged.</summary>
    /// <remarks>Returns when the connection ends; input received by then is still taken.</remarks>
    public async Task RunAsync(IStreamSession session)
    {
        _lastReadTicks = _options.Partitions.Clock.GetTimestamp();
        _options.Counters.AddConnected(_protocol);
        _options.Connections.Add(this);
        try
        {
            await ReadAsync(session);
            _pressure.Settle();
            DiscardIfCut(session);
            await _drain.FinishAsync(isReading: !session.ClientClosed && !IsHopeless && !_isRevoked, IsHopeless ? _rejections.Close : Output.Close);
            if (!_clientEnded)
            {
                await GracefulClose.WaitAsync(_transport.Input, _protocol == Protocol.WebSocket);
            }
        }
        finally
        {
            _memory.Release();
            _options.Connections.Remove(this);
            _options.Counters.AddDisconnected(_protocol);
            // A client that does not read its remaining output would hold the socket forever.
            _ = AbortAfterAsync(ConnectionDrain.Timeout);
        }
    }

    /// <summary>Writes an intervention; <see cref="Outbound.Flush"/> sends it.</summary>
    /// <returns><see langword="false"/> if the client can no longer be reached.</returns>
    public bool TryWrite(Intervention intervention) => Output.TryWrite(InterventionMessage.Write(intervention));

    /// <summary>
    /// If the engine is not reading, restarts the client's timeouts and returns <see langword="true"/>.
    /// </summary>
    public bool TryRestartTimeouts(long now)
    {
        if (_options.Partitions.Gate.IsOpen && !_pressure.IsHeldUp)
        {
            return false;
        }

        Volatile.Write(ref _lastReadTicks, now);
        _memory.Restart(now);
        return true;
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

    /// <summary>The key that its client sent.</summary>
    public StoreKey Key => _client.Key;

    /// <inheritdoc/>
    public void OnProcessed(int partition, long upTo)
    {
        // A submit preceded this call and created the router.
        _router!.Progress.Complete(partition, upTo);
        Output.Flush();
        _drain.Check();
    }

    /// <inheritdoc/>
    public void OnForeign(EventSlab slab, in SourceRun run, int first)
    {
        var rejected = new RejectionSummary();
        _router!.RejectForeign(slab, run, first, rejected);
        Output.SendErrors(rejected);
    }

    /// <inheritdoc/>
    public void OnRejected(long index, EventProblem problem) => _rejections.Add(index, problem);

    // Created with the first event, since most streams never send one.
    EventRouter Router => _router ?? MakeRouter();

    EventRouter MakeRouter()
    {
        _router = new EventRouter(
            _options.Partitions, _options.RulesFor(_client), _options.MaxBatch, _protocol, _options.Counters, this, this,
            _options.DeadLetters, _thread.Filler);
        Output.Progress = _router.Progress;
        return _drain.Router = _router;
    }

    async Task ReadAsync(IStreamSession session)
    {
        var input = _transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            await _switch;
            if (Volatile.Read(ref _isRevoked))
            {
                input.AdvanceTo(read.Buffer.End);
                _clientEnded = read.IsCompleted;
                return;
            }

            var rest = RunTurn(session, read.Buffer, read.IsCompleted);
            if (session.IsClosed || IsHopeless || read.IsCompleted || read.IsCanceled)
            {
                _clientEnded = read.IsCompleted || session.ClientClosed;
                Output.Flush();
                return;
            }

            if (_router is not null && _drain.IsDrained)
            {
                // Nothing is pending in a partition, so no processed slab will flush.
                Output.Flush();
            }

            if (!await _pressure.WaitAsync(rest + session.Kept, OnTooSlow) || Output.IsGone)
            {
                // If nobody reads the answers, what the client had sent is not taken.
                return;
            }
        }
    }

    // Takes all complete messages. Does not wait: the buffer is the thread's.
    long RunTurn(IStreamSession session, in ReadOnlySequence<byte> buffer, bool isEnd)
    {
        _thread.BeginTurn();
        Volatile.Write(ref _lastReadTicks, _thread.Now);
        _rejections.BeginTurn();
        var (rest, taken) = (buffer, _router?.Received ?? 0);
        try
        {
            rest = buffer.Slice(session.Consume(buffer));
            if (isEnd && !session.IsClosed && !IsHopeless)
            {
                session.End(rest);
            }
        }
        finally
        {
            // Before the acknowledgement, which must not overtake the errors.
            _rejections.EndTurn();
            _router?.EndTurn();
            _thread.EndTurn();
        }

        if (_router?.Received > taken)
        {
            _memory.Restart(_thread.Now);
        }

        _pressure.Add((_router?.Received ?? 0) - taken, buffer.Length - rest.Length);
        _transport.Input.AdvanceTo(rest.Start, rest.End);
        return rest.Length;
    }

    // Unread input must not hold memory that others wait for.
    void DiscardIfCut(IStreamSession session)
    {
        if (Volatile.Read(ref _isCut) == 0)
        {
            return;
        }

        session.Discard();
        if (_transport.Input.TryRead(out var left))
        {
            _transport.Input.AdvanceTo(left.Buffer.End);
            _clientEnded |= left.IsCompleted;
        }

        _memory.Release();
    }
}
