using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RequestDecompression;

namespace CartRecovery.Host.Api.Requests;

/// <summary>
/// Reads a body, decompressed or as it was sent. Invalid data becomes a 400 instead of a 500: the server's parser throws other exceptions for a
/// chunk of 2 GB or a trailer that is not text, and decoders for what is not compressed.
/// </summary>
sealed class DecodedBody(Stream decoder) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await decoder.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or (IOException and not BadHttpRequestException))
        {
            throw new BadHttpRequestException("The body is malformed.", e);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoder.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Provides one of the framework's decoders.</summary>
    internal sealed class Provider(Func<Stream, Stream> decoder) : IDecompressionProvider
    {
        /// <inheritdoc/>
        public Stream GetDecompressionStream(Stream stream) => new DecodedBody(decoder(stream));
    }
}
