using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Tests.Conformance.WebSocket;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Ingest;

/// <summary>A socket that sends arbitrary bytes and reads with a deadline. A reset counts as the end.</summary>
sealed class RawClient : IDisposable
{
    const string Nonce = "dGhlIHNhbXBsZSBub25jZQ==";

    readonly Socket _socket;
    byte[] _buffer = new byte[64 * 1024];
    int _start;
    int _end;

    RawClient(Socket socket) => _socket = socket;

    ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start.._end);

    /// <summary>Whether the connection was reset.</summary>
    public bool WasReset { get; private set; }

    public static async Task<RawClient> ConnectAsync(IPEndPoint endPoint, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(endPoint);
        return new RawClient(socket);
    }

    /// <summary>A WebSocket upgrade request; headers are whole lines.</summary>
    public static string Handshake(string target = "/v1/stream?key=sk_demo", params string[] headers) =>
        $"GET {target} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Nonce}\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n";

    /// <summary>Opens a WebSocket and checks the response.</summary>
    public static async Task<RawClient> OpenWebSocketAsync(
        IPEndPoint endPoint, string target = "/v1/stream?key=sk_demo", int? receiveBuffer = null, params string[] headers)
    {
        var client = await ConnectAsync(endPoint, receiveBuffer);
        await client.SendAsync(Handshake(target, headers));
        var head = await client.ReadHeadAsync();
        Assert.That(head, Does.StartWith("HTTP/1.1 101 ").And.Contain("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            using var deadline = new CancellationTokenSource(Eventually.Deadline);
            bytes = bytes[await _socket.SendAsync(bytes, deadline.Token)..];
        }
    }

    /// <summary>Sends without a deadline even if the peer does not read, and reports each number of bytes sent.</summary>
    public async Task SendAllAsync(ReadOnlyMemory<byte> bytes, Action<int> sent, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var count = await _socket.SendAsync(bytes[..Math.Min(bytes.Length, 16 * 1024)], cancellationToken);
            sent(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Half-closes the connection and keeps reading.</summary>
    public void HalfClose()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer closed first.
        }
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Reads up to and including the empty line.</summary>
    public async Task<string> ReadHeadAsync()
    {
        while (true)
        {
            var text = Encoding.Latin1.GetString(Unread);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _start += end + 4;
                return text[..(end + 4)];
            }

            Assert.That(await FillAsync(), Is.True, () => $"the connection ended within a head: {text}");
        }
    }

    /// <summary>Reads a line; null at the end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        while (true)
        {
            var end = Unread.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(Unread[..end]);
                _start += end + 1;
                return line;
            }

            if (!await FillAsync())
            {
                Assert.That(Unread.Length, Is.Zero, "the last line is truncated");
                return null;
            }
        }
    }

    /// <summary>Reads a message with a four-byte length prefix; null at the end.</summary>
    public async Task<byte[]?> ReadMessageAsync()
    {
        while (true)
        {
            if (Unread.Length >= 4 && BinaryPrimitives.ReadInt32BigEndian(Unread) is var length && Unread.Length - 4 >= length)
            {
                var message = Unread.Slice(4, length).ToArray();
                _start += 4 + length;
                return message;
            }

            if (!await FillAsync())
            {
                Assert.That(Unread.Length, Is.Zero, "the last message is truncated");
                return null;
            }
        }
    }

    /// <summary>Reads a frame; null at the end.</summary>
    public async Task<ServerFrame?> ReadFrameAsync()
    {
        while (true)
        {
            var length = ServerFrame.TryRead(Unread, out var frame);
            if (length > 0)
            {
                _start += length;
                return frame;
            }

            if (!await FillAsync())
            {
                Assert.That(Unread.Length, Is.Zero, "the last frame is truncated");
                return null;
            }
        }
    }

    /// <summary>Reads until the peer closes the connection.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        var all = Unread.ToArray();
        _start = _end;
        return all;
    }

    /// <summary>Reads until a text arrives or the peer closes the connection. Bytes are decoded as Latin-1.</summary>
    public async Task<string> ReadTextAsync(string? until = null)
    {
        while ((until is null || !Encoding.Latin1.GetString(Unread).Contains(until, StringComparison.Ordinal)) && await FillAsync())
        {
        }

        var text = Encoding.Latin1.GetString(Unread);
        _start = _end;
        return text;
    }

    public void Dispose() => _socket.Dispose();

    async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _end * 2);
        }

        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            var count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), deadline.Token);
            _end += count;
            return count > 0;
        }
        catch (SocketException)
        {
            WasReset = true;
            return false;
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"nothing received within {Eventually.Deadline.TotalSeconds} s; unread: {Encoding.UTF8.GetString(Unread)}");
            return false;
        }
    }
}
