using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>The head of the HTTP request that opens a WebSocket on the stream port.</summary>
sealed class RequestHead
{
    const int MaxLength = 8 * 1024;

    const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    readonly string _query;

    RequestHead(string target)
    {
        // Servers must also accept the absolute form, meant for proxies.
        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0 && !target.StartsWith('/'))
        {
            var slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        var question = target.IndexOf('?');
        Path = question < 0 ? target : target[..question];
        _query = question < 0 ? "" : target[(question + 1)..];
    }

    /// <summary>Path, without the query.</summary>
    public string Path { get; }

    /// <summary>The headers.</summary>
    public IHeaderDictionary Headers { get; } = new HeaderDictionary();

    /// <summary>A header's value; null if absent.</summary>
    public string? this[string header] => Headers.TryGetValue(header, out var values) ? values.ToString() : null;

    /// <summary>Returns a query parameter's value; null if absent.</summary>
    public string? QueryOf(string name)
    {
        foreach (var part in _query.Split('&'))
        {
            var equals = part.IndexOf('=');
            if (equals > 0 && part.AsSpan(0, equals).SequenceEqual(name))
            {
                return Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' '));
            }
        }

        return null;
    }

    /// <summary>Reads a request head, up to its empty line.</summary>
    /// <returns>Null if it is not an HTTP/1.1 GET, or too long.</returns>
    public static async Task<RequestHead?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            var text = Encoding.Latin1.GetString(buffer.Slice(0, Math.Min(buffer.Length, MaxLength)));
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                input.AdvanceTo(buffer.GetPosition(end + 4));
                return Parse(text[..end]);
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted || buffer.Length >= MaxLength)
            {
                return null;
            }
        }
    }

    static RequestHead? Parse(string text)
    {
        var lines = text.Split("\r\n");
        var start = lines[0].Split(' ');
        // A bare CR or LF ends a line for some readers and not for others, so what one checks another would not see.
        if (start is not ["GET", var target, "HTTP/1.1"] || lines.Any(HasControl))
        {
            return null;
        }

        var head = new RequestHead(target);
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':');
            if (colon <= 0 || line.AsSpan(0, colon).IndexOfAnyExcept(TokenCharacters) >= 0)
            {
                return null;
            }

            var name = line[..colon];
            if (head.Headers.TryGetValue(name, out var earlier) && name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }

            head.Headers[name] = StringValues.Concat(earlier, line[(colon + 1)..].Trim(' ', '\t'));
        }

        return head;
    }

    static bool HasControl(string line) => line.Any(letter => letter is (< ' ' and not '\t') or '\x7f');
}
