using CartRecovery.Engine.Ingest.Streams;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Host.Composition.Listening;

/// <summary>Passes the stream port's connections to the stream listener.</summary>
sealed class StreamPort(StreamListener listener) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => listener.OnConnectedAsync(connection);
}
