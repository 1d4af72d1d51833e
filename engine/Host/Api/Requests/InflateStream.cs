using System.IO.Compression;

namespace CartRecovery.Host.Api.Requests;

/// <summary>
/// Decompresses <c>Content-Encoding: deflate</c>. RFC 9110 says that it is zlib's format; some clients send the data without zlib's header.
/// The first two bytes tell.
/// </summary>
sealed class InflateStream(Stream body) : BodyStream
{
    readonly byte[] _head = new byte[2];
    Stream? _decoder;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_decoder is null)
        {
            var length = await body.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancellationToken);
            // RFC 1950: the method is 8, and the two bytes are a multiple of 31.
            var isZlib = length == 2 && (_head[0] & 0x0f) == 8 && ((_head[0] << 8) | _head[1]) % 31 == 0;
            var whole = new HeadedStream(_head.AsMemory(0, length), body);
            _decoder = isZlib ? new ZLibStream(whole, CompressionMode.Decompress) : new DeflateStream(whole, CompressionMode.Decompress);
        }

        return await _decoder.ReadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder?.Dispose();
        }

        base.Dispose(disposing);
    }

    // The bytes that were looked at, then the rest. Leaves the body open: it is the server's.
    sealed class HeadedStream(ReadOnlyMemory<byte> head, Stream rest) : BodyStream
    {
        ReadOnlyMemory<byte> _head = head;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_head.IsEmpty)
            {
                return rest.ReadAsync(buffer, cancellationToken);
            }

            var count = Math.Min(_head.Length, buffer.Length);
            _head[..count].CopyTo(buffer);
            _head = _head[count..];
            return ValueTask.FromResult(count);
        }
    }
}
