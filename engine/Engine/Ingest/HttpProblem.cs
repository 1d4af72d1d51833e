using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CartRecovery.Engine.Ingest;

/// <summary>An HTTP error in the format of RFC 9457, with a stable code.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A stable code in snake case.</param>
/// <param name="Detail">What was wrong and what to do: one sentence.</param>
public sealed record HttpProblem(int Status, string Code, string Detail)
{
    /// <summary>The media type of the body.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>All problems with their places, where there may be several; <see langword="null"/> otherwise.</summary>
    public IReadOnlyList<string>? Problems { get; init; }

    // The body is read in terminals and never embedded in HTML.
    static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Serialises the problem as UTF-8 JSON.</summary>
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
            if (Problems is not null)
            {
                writer.WriteStartArray("problems"u8);
                foreach (var problem in Problems)
                {
                    writer.WriteStringValue(problem);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    /// <summary>Status as words.</summary>
    public string Title => Status switch
    {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Error",
    };
}
