using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Problems;

/// <summary>
/// The problems that routes answer with, except those of single events, keys, connection limits and the WebSocket handshake, which stand
/// beside their checks. Codes are stable; handlers may replace the detail with a more specific one.
/// </summary>
static class ApiProblems
{
    public static readonly HttpProblem UnknownParameter = new(400, "unknown_parameter",
        "The query has a parameter that this path does not accept.");
    public static readonly HttpProblem InvalidParameter = new(400, "out_of_range", "A query parameter's value is invalid.");
    public static readonly HttpProblem BadRequest = new(400, "bad_request",
        "The request is malformed: its HTTP, or the compression of its body.");
    public static readonly HttpProblem InvalidJson = new(400, "invalid_json", "The body is not JSON.");
    public static readonly HttpProblem InvalidUtf8 = new(400, "invalid_utf8",
        "A string in the body is not valid UTF-8 or has an unpaired surrogate.");
    public static readonly HttpProblem InvalidBody = new(400, "invalid_body",
        "The body is JSON, but not what this path accepts. See /docs.");
    public static readonly HttpProblem OutOfRange = new(400, "out_of_range", "A value is outside its range.");
    public static readonly HttpProblem MissingField = new(400, "missing_field", "A required field is missing.");
    public static readonly HttpProblem WrongType = new(400, "wrong_type", "A field has a value of the wrong type.");

    public static readonly HttpProblem NotFound = new(404, "not_found", "No such endpoint. See /docs for the list.");
    public static readonly HttpProblem MethodNotAllowed = new(405, "method_not_allowed",
        "The endpoint does not accept this method. The Allow header lists those it accepts.");
    public static readonly HttpProblem RequestTimeout = new(408, "request_timeout", "The request took too long to arrive. Send it again.");
    public static readonly HttpProblem TooLarge = new(413, "message_too_large",
        "The body is longer than limits.message, as sent or decompressed. Send it in parts.");
    public static readonly HttpProblem UnsupportedMediaType = new(415, "unsupported_media_type", "Send the body as application/json.");
    public static readonly HttpProblem UnsupportedEncoding = new(415, "unsupported_encoding",
        "The Content-Encoding must be gzip, deflate or br, or absent.");

    public static readonly HttpProblem Internal = new(500, "internal_error",
        "The engine failed to answer this request. Its log has the details.");
    public static readonly HttpProblem Stopping = new(503, "stopping", "The engine is stopping. Send the request again in a moment.");
    public static readonly HttpProblem Overloaded = new(503, "overloaded", "The engine is overloaded. Send the request again later.");
    public static readonly HttpProblem NotDurable = new(503, "not_durable",
        "The events were accepted but not made durable in time. Send them again with the same ids; they will count once.");

    public static readonly HttpProblem ExportBusy = new(503, "export_busy", "Another export is running. Try again later.");

    public static readonly HttpProblem CustomerNotFound = new(404, "customer_not_found",
        "The engine knows neither an address or consent nor a campaign of this customer.");

    public static readonly HttpProblem CartNotFound = new(404, "cart_not_found", "No event of this cart has been received.");
}
