using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CartRecovery.Host.Api.Requests;

/// <summary>Holds a request's whole body in a pooled array. Dispose returns the array.</summary>
readonly struct RequestBody : IDisposable
{
    const int MinCapacity = 4096;

    readonly byte[] _array;
    readonly int _length;

    RequestBody(byte[] array, int length) => (_array, _length) = (array, length);

    /// <summary>The bytes, decompressed.</summary>
    public ReadOnlyMemory<byte> Bytes => _array.AsMemory(0, _length);

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_array);

    /// <summary>Reads the body. Server and decompression enforce <c>limits.message</c>; a longer body ends the request with 413.</summary>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var most = (context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize ?? int.MaxValue) + 1;
        var array = ArrayPool<byte>.Shared.Rent((int)Math.Clamp((request.ContentLength ?? MinCapacity) + 1, 256, most));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAsync(array.AsMemory(length), context.RequestAborted);
                if (read == 0)
                {
                    return new RequestBody(array, length);
                }

                length += read;
                if (length == array.Length)
                {
                    array = Grow(array, length);
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(array);
            throw;
        }
    }

    static byte[] Grow(byte[] array, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * length);
        array.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(array);
        return larger;
    }
}
