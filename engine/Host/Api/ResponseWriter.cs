using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>Writes responses.</summary>
static class ResponseWriter
{
    /// <summary>Writes a JSON body.</summary>
    public static Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(body))
        {
            write(writer);
        }

        return BytesAsync(context, status, "application/json", body.WrittenMemory);
    }

    /// <summary>Writes a body of bytes.</summary>
    public static async Task BytesAsync(HttpContext context, int status, string mediaType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
