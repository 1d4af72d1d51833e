using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RequestDecompression;

namespace CartRecovery.Host.Api.Requests;

/// <summary>
/// Reads a body, decompressed or as it was sent. Invalid data becomes a 400 instead of a 500: the server's parser throws other exceptions
/// for a chunk of 2 GB or a trailer that is not text, and decoders for what is not compressed.
/// </summary>
sealed class DecodedBody(Stream decoder) : BodyStream
{
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
