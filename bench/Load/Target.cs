using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Engine.Events.MessagePack;

namespace CartRecovery.Bench.Load;

/// <summary>The engine's stream port: address, protocol and handshake.</summary>
/// <param name="Host">The host name or address.</param>
/// <param name="Port">1–65535.</param>
/// <param name="Framed">Whether to use WebSocket frames instead of lines or length-prefixed MessagePack.</param>
/// <param name="Path">Path and query of the handshake.</param>
/// <param name="Key">The store's key.</param>
/// <param name="Format">How events and, over TCP, the handshake are encoded.</param>
sealed record Target(string Host, int Port, bool Framed, string Path, string Key, EventFormat Format)
{
    // RFC 6455, 4.2.2.
    const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    const int MaxResponseBytes = 16 * 1024;

    public static Target WebSocket(string url, string key, EventFormat format = EventFormat.Json)
    {
        var uri = new Uri(url);
        return new Target(uri.Host, uri.Port, Framed: true, uri.PathAndQuery, key, format);
    }

    public static Target Tcp(string address, string key, EventFormat format = EventFormat.Json)
    {
        var uri = new Uri($"tcp://{address}");
        return new Target(uri.Host, uri.Port, Framed: false, "", key, format);
    }

    public override string ToString() =>
        (Framed ? $"ws://{Host}:{Port}{Path}" : $"tcp://{Host}:{Port}") + (Format == EventFormat.MessagePack ? " in MessagePack" : "");

    /// <summary>Connects and performs the handshake. Returns the socket in non-blocking mode.</summary>
    /// <param name="receiveBuffer">The size of the system's receive buffer, in bytes; 0 for the system's choice.</param>
    /// <exception cref="LoadException">The engine is unreachable or rejected the handshake.</exception>
    public Socket Connect(int receiveBuffer = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 5_000, SendTimeout = 5_000 };
        try
        {
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }

            socket.Connect(Host, Port);
            if (Framed)
            {
                Upgrade(socket);
            }
            else
            {
                socket.Send(Greeting());
            }

            socket.Blocking = false;
            return socket;
        }
        catch (SocketException failed)
        {
            socket.Dispose();
            throw new LoadException($"cannot connect to {this}: {failed.Message}");
        }
        catch (LoadException)
        {
            socket.Dispose();
            throw;
        }
    }

    byte[] Greeting()
    {
        var json = Encoding.UTF8.GetBytes($"{{\"key\":\"{Key}\"}}\n");
        if (Format == EventFormat.Json)
        {
            return json;
        }

        var message = JsonToMessagePack.Convert(json);
        return [0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message];
    }

    void Upgrade(Socket socket)
    {
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        socket.Send(Encoding.ASCII.GetBytes(
            $"GET {Path} HTTP/1.1\r\nHost: {Host}:{Port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\nX-Api-Key: {Key}\r\n\r\n"));

        // Byte by byte, so that data after the response stays in the socket. Once per connection.
        var response = new StringBuilder();
        var one = new byte[1];
        while (!response.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (response.Length > MaxResponseBytes || socket.Receive(one) == 0)
            {
                throw new LoadException($"{this} broke off the handshake: {FirstLine(response)}");
            }

            response.Append((char)one[0]);
        }

        if (!response.ToString().StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            throw new LoadException($"{this} rejected the handshake: {FirstLine(response)}");
        }
#pragma warning disable CA5350 // RFC 6455 requires SHA-1, not for security.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(nonce + AcceptSalt)));
#pragma warning restore CA5350
        if (!response.ToString().Contains(accept, StringComparison.Ordinal))
        {
            throw new LoadException($"{this} answered the handshake with the wrong Sec-WebSocket-Accept");
        }
    }

    static string FirstLine(StringBuilder response) =>
        response.Length == 0 ? "it closed the connection" : response.ToString().Split("\r\n")[0];
}

/// <summary>Thrown if a load cannot be run or fails; the message is one line for the user.</summary>
public sealed class LoadException(string message) : Exception(message);
