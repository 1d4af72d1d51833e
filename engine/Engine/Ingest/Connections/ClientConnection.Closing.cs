using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Streams.WebSocket;

namespace CartRecovery.Engine.Ingest.Connections;

/// <content>Closes the connection, for reasons of the engine. Any thread.</content>
public sealed partial class ClientConnection
{
    // How long a slow consumer may take to read why it is dropped.
    static readonly TimeSpan s_slowConsumerTimeout = TimeSpan.FromSeconds(1.5);

    // How long after a revocation its stream is closed at the latest.
    static readonly TimeSpan s_revocationTimeout = TimeSpan.FromSeconds(0.9);

    /// <summary>Closes the connection because the engine is stopping. Events already taken are still acknowledged.</summary>
    public void CloseForStop()
    {
        Output.CloseFrame.Set(WebSocketCloseCode.GoingAway, "");
        _transport.Input.CancelPendingRead();
    }

    /// <summary>Closes the connection because its key or store changed. Events already taken are still acknowledged.</summary>
    public void CloseForChange()
    {
        Output.CloseFrame.Set(WebSocketCloseCode.ServiceRestart, "the store's configuration changed; connect again");
        _transport.Input.CancelPendingRead();
    }

    /// <summary>
    /// Closes the connection because its key was revoked or has expired: with an error frame, and over WebSocket a close frame. Nothing more is
    /// taken; events already taken are still acknowledged, if that does not take long.
    /// </summary>
    public void CloseForRevocation()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            Volatile.Write(ref _isRevoked, true);
            Output.TrySendError(Output.Progress?.UpTo ?? 0, Authenticator.RevokedKey.Code, Authenticator.RevokedKey.Detail);
            Output.CloseFrame.Set(WebSocketCloseCode.PolicyViolation, Authenticator.RevokedKey.Code);
            Output.Flush();
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_revocationTimeout);
        }
    }

    /// <summary>Closes an idle connection: sends a close frame, then aborts after a short delay.</summary>
    /// <param name="reason">Why, in at most 123 bytes.</param>
    public void CloseForTimeout(string reason)
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            Output.CloseFrame.Set(WebSocketCloseCode.GoingAway, reason);
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(ConnectionDrain.Timeout);
        }
    }

    // Called on any thread.
    void CloseForMemory()
    {
        if (Interlocked.Exchange(ref _isCut, 1) == 0)
        {
            _options.Counters.AddOverloaded();
            Output.Drop("overloaded", "too many long messages are incomplete; retry later, or send shorter ones");
            _transport.Input.CancelPendingRead();
            _ = AbortAfterAsync(s_slowConsumerTimeout);
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
