using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CartRecovery.Engine.Ingest;

/// <summary>An HTTP error as RFC 9457 writes it, with a stable code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Stable, in snake case.</param>
/// <param name="Detail">What to do: one sentence.</param>
public sealed record Problem(int Status, string Code, string Detail)
{
    /// <summary>The media type of the body.</summary>
    public const string MediaType = "application/problem+json";

    // People read it in a terminal, and nothing takes it for HTML.
    static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body, in UTF-8.</summary>
    public ReadOnlyMemory<byte> ToJson()
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, s_plain))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "about:blank"u8);
            writer.WriteString("title"u8, Title);
            writer.WriteNumber("status"u8, Status);
            writer.WriteString("detail"u8, Detail);
            writer.WriteString("code"u8, Code);
            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    /// <summary>The status in words.</summary>
    public string Title => Status switch
    {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Error",
    };
}
