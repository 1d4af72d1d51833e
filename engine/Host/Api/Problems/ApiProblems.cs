using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Problems;

/// <summary>
/// The problems that routes answer with, except those of single events. Codes are stable; handlers may replace the detail with a more
/// specific one.
/// </summary>
static class ApiProblems
{
    public static readonly Problem MissingKey = new(401, "missing_key",
        "The request has no key. Send one as ?key=, X-Api-Key, or Authorization: Bearer.");
    public static readonly Problem UnknownKey = new(401, "unknown_key", "No store in the configuration has this key.");
    public static readonly Problem LoopbackOnly = new(403, "loopback_only",
        "This key works only from this machine. Create one of your own for other clients.");
    public static readonly Problem ForbiddenOrigin = new(403, "forbidden_origin",
        "The key does not allow this origin. Add it to the key's origins.");
    public static readonly Problem SecretKeyRequired = new(403, "secret_key_required",
        "A publishable key may only send events. Use a secret key.");

    public static readonly Problem UnknownParameter = new(400, "unknown_parameter",
        "The query has a parameter that this path does not accept.");
    public static readonly Problem InvalidParameter = new(400, "out_of_range", "A query parameter's value is invalid.");
    public static readonly Problem BadRequest = new(400, "bad_request", "The request is malformed: its HTTP, or the compression of its body.");
    public static readonly Problem InvalidJson = new(400, "invalid_json", "The body is not JSON.");
    public static readonly Problem InvalidUtf8 = new(400, "invalid_utf8",
        "A string in the body is not valid UTF-8 or has an unpaired surrogate.");
    public static readonly Problem InvalidBody = new(400, "invalid_body", "The body is JSON, but not what this path accepts. See /docs.");
    public static readonly Problem OutOfRange = new(400, "out_of_range", "A value is outside its range.");
    public static readonly Problem MissingField = new(400, "missing_field", "A required field is missing.");
    public static readonly Problem WrongType = new(400, "wrong_type", "A field has a value of the wrong type.");

    public static readonly Problem NotFound = new(404, "not_found", "No such endpoint. See /docs for the list.");
    public static readonly Problem MethodNotAllowed = new(405, "method_not_allowed",
        "The endpoint does not accept this method. The Allow header lists those it accepts.");
    public static readonly Problem RequestTimeout = new(408, "request_timeout", "The request took too long to arrive. Send it again.");
    public static readonly Problem TooLarge = new(413, "message_too_large", "The body is longer than limits.message, as sent or decompressed. Send it in parts.");
    public static readonly Problem UnsupportedMediaType = new(415, "unsupported_media_type", "Send the body as application/json.");
    public static readonly Problem UnsupportedEncoding = new(415, "unsupported_encoding", "The Content-Encoding must be gzip or br, or absent.");

    public static readonly Problem TooManyConnections = new(503, "too_many_connections",
        "The engine has reached its connection limit. Try again later.");
    public static readonly Problem TooManyFromAddress = new(429, "too_many_connections_from_address",
        "This address has reached its connection limit. Close some connections.");
    public static readonly Problem TooManyForStore = new(429, "too_many_connections_for_store",
        "The store has reached its stream limit. Close some streams.");
    public static readonly Problem Internal = new(500, "internal_error", "The engine failed to answer this request. Its log has the details.");
    public static readonly Problem Stopping = new(503, "stopping", "The engine is stopping. Send the request again in a moment.");
    public static readonly Problem Overloaded = new(503, "overloaded", "The engine is overloaded. Send the request again later.");
    public static readonly Problem NotDurable = new(503, "not_durable",
        "The events were accepted but not made durable in time. Send them again with the same ids; they will count once.");

    public static readonly Problem CartNotFound = new(404, "cart_not_found", "No event of this cart has been received.");
}
