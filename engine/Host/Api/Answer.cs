using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Ingest;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary>Writes responses.</summary>
static class Answer
{
    /// <summary>An error as RFC 9457 problem details.</summary>
    public static Task ProblemAsync(HttpContext context, Problem problem)
    {
        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return BytesAsync(context, problem.Status, Problem.MediaType, problem.ToJson());
    }

    /// <summary>A JSON body.</summary>
    public static Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(body))
        {
            write(writer);
        }

        return BytesAsync(context, status, "application/json", body.WrittenMemory);
    }

    /// <summary>A body of bytes.</summary>
    public static async Task BytesAsync(HttpContext context, int status, string mediaType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Reads a request's whole body.</summary>
    /// <returns>Null when it is longer than <paramref name="limit"/>; then the request has been answered.</returns>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpContext context, int limit)
    {
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(context.Request.ContentLength ?? 4096, 256, limit));
        try
        {
            while (true)
            {
                var read = await context.Request.Body.ReadAsync(body.GetMemory(4096), context.RequestAborted);
                if (read == 0)
                {
                    return body.WrittenMemory;
                }

                body.Advance(read);
            }
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await ProblemAsync(context, new Problem(413, "message_too_large", "The body is longer than limits.message; send it in parts."));
            return null;
        }
    }
}
