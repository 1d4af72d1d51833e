using System.Globalization;
using System.Text;

namespace CartRecovery.Plugins.TestKit;

/// <summary>Reads complete HTTP/1.1 requests: request line, headers and body.</summary>
static class HttpRequestText
{
    /// <summary>Reads the next request; <see langword="null"/> once the client has closed the connection.</summary>
    public static async Task<string?> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        while (await LineAsync(stream, cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                head.Append(line).Append('\n');
                continue;
            }

            var headers = head.ToString();
            var body = HeaderOf(headers, "transfer-encoding") == "chunked"
                ? await ChunksAsync(stream, cancellationToken)
                : await BytesAsync(stream, int.Parse(HeaderOf(headers, "content-length") ?? "0", CultureInfo.InvariantCulture), cancellationToken);
            return $"{headers}\n{Encoding.UTF8.GetString(body)}";
        }

        return null;
    }

    static string? HeaderOf(string head, string name) => head.Split('\n')
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault();

    static async Task<byte[]> ChunksAsync(Stream stream, CancellationToken cancellationToken)
    {
        var body = new List<byte>();
        while (await LineAsync(stream, cancellationToken) is { } size)
        {
            var chunk = await BytesAsync(stream, int.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture), cancellationToken);
            body.AddRange(chunk);
            await LineAsync(stream, cancellationToken);
            if (chunk.Length == 0)
            {
                break;
            }
        }

        return [.. body];
    }

    static async Task<byte[]> BytesAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    static async Task<string?> LineAsync(Stream stream, CancellationToken cancellationToken)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
            {
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            }

            line.Add(one[0]);
        }

        return null;
    }
}
