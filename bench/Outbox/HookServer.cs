using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Bench.Outbox;

/// <summary>A webhook's other end that does as little as can be: it notes the id of each post and says 204.</summary>
sealed class HookServer : IAsyncDisposable
{
    static readonly byte[] s_answer = "HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray();

    readonly ConcurrentDictionary<string, byte> _ids = new(StringComparer.Ordinal);
    LoopbackServer _server = null!;
    long _posts;

    /// <summary>Where it listens.</summary>
    public int Port => _server.Port;

    /// <summary>Posts that came.</summary>
    public long Posts => Interlocked.Read(ref _posts);

    /// <summary>Different ids among them.</summary>
    public int Ids => _ids.Count;

    /// <summary>Starts one on a free port.</summary>
    public static async Task<HookServer> StartAsync()
    {
        var hook = new HookServer();
        hook._server = await LoopbackServer.StartAsync(0, hook.ServeAsync);
        return hook;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    async Task ServeAsync(ConnectionContext connection)
    {
        var (input, output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            var read = await input.ReadAsync(connection.ConnectionClosed);
            var rest = read.Buffer;
            while (TryTake(ref rest))
            {
                output.Write(s_answer);
            }

            input.AdvanceTo(rest.Start, rest.End);
            await output.FlushAsync(connection.ConnectionClosed);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    bool TryTake(ref ReadOnlySequence<byte> rest)
    {
        var reader = new SequenceReader<byte>(rest);
        if (!reader.TryReadTo(out ReadOnlySequence<byte> head, "\r\n\r\n"u8))
        {
            return false;
        }

        var lines = Encoding.ASCII.GetString(head).Split("\r\n");
        var length = int.Parse(HeaderOf(lines, "Content-Length"), CultureInfo.InvariantCulture);
        if (reader.Remaining < length)
        {
            return false;
        }

        reader.Advance(length);
        rest = rest.Slice(reader.Position);
        Interlocked.Increment(ref _posts);
        _ids.TryAdd(HeaderOf(lines, "webhook-id"), 0);
        return true;
    }

    static string HeaderOf(string[] lines, string name) =>
        lines.First(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))[(name.Length + 1)..].Trim();
}
