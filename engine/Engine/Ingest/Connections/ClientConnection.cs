using System.Buffers;
using System.IO.Pipelines;
using CartRecovery.Contracts;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Streams;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <summary>
/// A client on a stream (WebSocket or TCP): its key, its event router and its output. <see cref="RunAsync"/> is the read loop: in turns on
/// its <see cref="IngestThread"/>, each of which takes all complete messages of a read. Answers are written by other threads through
/// <see cref="Output"/>.
/// </summary>
public sealed class ClientConnection : IEventSource, IRejectedEvents
{
    // How long to wait at the end for the client's last events to be decided and its last answers to be sent.
    static readonly TimeSpan s_closeTimeout = TimeSpan.FromSeconds(4);

    // How long to wait then for the interventions that the events led to.
    static readonly TimeSpan s_answerTimeout = TimeSpan.FromSeconds(1);

    // A connection whose last so many events were all refused is closed; the batch in which it happens is finished.
    const int MaxRefusalsInRow = 1000;

    // Length of the error frames for the messages of one read, in bytes; one more frame tells of the rest.
    const int MaxErrorBytes = OutputMemory.Share / 2;

    // How long a slow consumer may take to read why it is dropped.
    static readonly TimeSpan s_slowConsumerTimeout = TimeSpan.FromSeconds(1.5);

    static readonly byte[] s_heartbeat = [.. "{\"type\":\"heartbeat\"}"u8];

    readonly IDuplexPipe _transport;
    readonly IngestOptions _options;
    readonly Action _abort;
    readonly StoreKey _key;
    readonly StreamEncoding _encoding;
    readonly Protocol _protocol;
    readonly IngestThread _thread;
    readonly ThreadSwitch _switch;
    readonly LongMessageMemory _memory;
    EventRouter? _router;
    TaskCompletionSource? _drained;
    int _isCut;
    bool _clientEnded;
    int _errorBytes;
    int _refusalsInRow;
    long _lastRefused = -1;

    /// <param name="transport">Its bytes.</param>
    /// <param name="thread">Takes its events.</param>
    /// <param name="options">Options shared by all connections.</param>
    /// <param name="key">Its key.</param>
    /// <param name="encoding">The encoding of its answers.</param>
    /// <param name="abort">Closes the transport without waiting.</param>
    public ClientConnection(IDuplexPipe transport, IngestThread thread, IngestOptions options, StoreKey key, StreamEncoding encoding, Action abort)
    {
        _transport = transport;
        _thread = thread;
        _switch = new ThreadSwitch(thread);
        _memory = new LongMessageMemory(options);
        _options = options;
        _abort = abort;
        _key = key;
        _encoding = encoding;
        _protocol = encoding == StreamEncoding.WebSocket ? Protocol.WebSocket : Protocol.Tcp;
        IsPublishable = key.Kind == KeyKind.Publishable;
        ConnectionId = options.Connections.NextId();
        Output = new Outbound(transport.Output, encoding, options.MaxUnsent, options.Buffers, OnTooSlow);
    }

    /// <inheritdoc/>
    public long ConnectionId { get; }

    /// <inheritdoc/>
    public bool IsPublishable { get; }

    /// <summary>Output to the client.</summary>
    public Outbound Output { get; }

    /// <summary>Time of the last read, in ticks of the monotonic clock.</summary>
    public long LastReadTicks { get; private set; }

    /// <summary>Since when it keeps a long message that has not arrived whole, in ticks of the monotonic clock; 0 if it keeps none.</summary>
    public long IncompleteTicks => _memory.SinceTicks;

    /// <summary>Takes a JSON message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.TakeJson"/>
    public void TakeJson(ReadOnlySpan<byte> json, bool isValidUtf8 = false)
    {
        Router.TakeJson(json, isValidUtf8);
        EndMessage();
    }

    /// <summary>Takes a MessagePack message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.TakeMessagePack"/>
    public void TakeMessagePack(ReadOnlySpan<byte> message)
    {
        Router.TakeMessagePack(message);
        EndMessage();
    }

    /// <summary>Refuses a message. Called by the session.</summary>
    /// <inheritdoc cref="EventRouter.Reject"/>
    public void Reject(EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated = false)
    {
        Router.Reject(problem, raw, isTruncated);
        EndMessage();
    }

    /// <summary>Whether nothing more is taken, because too many events in a row were refused.</summary>
    public bool IsHopeless => _refusalsInRow >= MaxRefusalsInRow && _lastRefused == Router.Taken - 1;

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
            _memory.Release();
            _options.Connections.Remove(this);
            _options.Counters.AddDisconnected(_protocol);
            // A client that does not read its remaining output would hold the socket forever.
            _ = AbortAfterAsync(s_closeTimeout);
        }
    }

    /// <summary>Writes an intervention; <see cref="Outbound.Flush"/> sends it.</summary>
    /// <returns><see langword="false"/> if the client can no longer be reached.</returns>
    public bool TryWrite(Intervention intervention) => Output.TryWrite(InterventionMessage.Write(intervention));

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

    /// <summary>Closes a connection that sends too little: tells the client, and aborts soon after in any case.</summary>
    /// <param name="reason">Why, in at most 123 bytes.</param>
    public void CloseIdle(string reason)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            Output.SetClosePayload(WebSocketCloseCode.GoingAway, reason);
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
    public void OnRejected(long index, EventProblem problem)
    {
        _thread.Refusals.Add(index, problem);
        // The client is not to blame for an engine that cannot store its events.
        var isItsFault = problem.Error != EventErrorCode.Overloaded;
        _refusalsInRow = !isItsFault ? 0 : index == _lastRefused + 1 ? _refusalsInRow + 1 : 1;
        _lastRefused = index;
    }

    // Created with the first event, since most streams never send one.
    EventRouter Router => _router ?? MakeRouter();

    EventRouter MakeRouter()
    {
        _router = new EventRouter(
            _options.Partitions, _options.RulesFor(_key), _options.MaxBatch, _protocol, _options.Counters, this, this, _options.DeadLetters, _thread.Filler);
        Output.Progress = _router.Progress;
        return _router;
    }

    void EndMessage()
    {
        if (_thread.Refusals.Count > 0 && _errorBytes < MaxErrorBytes)
        {
            SendRefusals();
        }
    }

    void SendRefusals()
    {
        _errorBytes += Output.SendErrors(_thread.Refusals);
        _thread.Refusals.Clear();
    }

    async Task ReadAsync(IStreamSession session)
    {
        var input = _transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            await _switch;
            var rest = TakeTurn(session, read.Buffer, read.IsCompleted);
            if (session.IsClosed || IsHopeless || read.IsCompleted || read.IsCanceled)
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

            if (_memory.IsDue(rest + session.Kept) && !await _memory.ReserveAsync(rest + session.Kept))
            {
                _options.Counters.AddSlowConsumer();
                Output.Drop("overloaded", "too many long messages are incomplete; retry later, or send shorter ones");
                return;
            }

            if (Output.IsCongested)
            {
                await WaitForClientAsync();
            }

            if (Output.IsGone)
            {
                // Nobody reads the answers: what the client had sent is not taken.
                return;
            }
        }
    }

    // Takes all complete messages. Does not wait: the buffer is the thread's.
    long TakeTurn(IStreamSession session, in ReadOnlySequence<byte> buffer, bool isEnd)
    {
        _thread.BeginTurn();
        LastReadTicks = _thread.Now;
        _errorBytes = 0;
        var rest = buffer;
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
            if (_thread.Refusals.Count > 0)
            {
                SendRefusals();
            }

            // After the refusals: no acknowledgement overtakes them.
            _router?.EndTurn();
            _thread.EndTurn();
        }

        if (IsHopeless)
        {
            Output.Drop("too_many_errors", $"the last {MaxRefusalsInRow} events in a row were refused; see the error frames");
        }

        _transport.Input.AdvanceTo(rest.Start, rest.End);
        return rest.Length;
    }

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
