using CartRecovery.Engine.Ingest;

namespace CartRecovery.Host.Api.Problems;

/// <summary>Every problem that a route answers with, beside those of single events. Codes are stable; a detail may say more where it arises.</summary>
static class ApiProblems
{
    public static readonly Problem MissingKey = new(401, "missing_key", "Name a key: ?key=, the header X-Api-Key, or Authorization: Bearer.");
    public static readonly Problem UnknownKey = new(401, "unknown_key", "The key is not one of the configuration's stores.");
    public static readonly Problem LoopbackOnly = new(403, "loopback_only", "The key works from this machine alone; make one of your own for other clients.");
    public static readonly Problem ForbiddenOrigin = new(403, "forbidden_origin", "The key does not allow pages of this origin; add it to the key's origins.");
    public static readonly Problem SecretKeyRequired = new(403, "secret_key_required", "A publishable key may send events and nothing else; use a secret key.");

    public static readonly Problem UnknownParameter = new(400, "unknown_parameter", "The query has a parameter that this path does not take.");
    public static readonly Problem InvalidParameter = new(400, "out_of_range", "A query parameter has a value that it cannot take.");
    public static readonly Problem BadRequest = new(400, "bad_request", "The request is malformed: its HTTP, or the compression of its body.");
    public static readonly Problem InvalidJson = new(400, "invalid_json", "The body is not JSON.");
    public static readonly Problem InvalidUtf8 = new(400, "invalid_utf8", "A text of the body is not valid UTF-8, or has half a character in it.");
    public static readonly Problem InvalidBody = new(400, "invalid_body", "The body is JSON of another form than this path takes.");
    public static readonly Problem OutOfRange = new(400, "out_of_range", "A value is outside its range.");
    public static readonly Problem MissingField = new(400, "missing_field", "A required field is missing.");
    public static readonly Problem WrongType = new(400, "wrong_type", "A field has a value of the wrong type.");

    public static readonly Problem NotFound = new(404, "not_found", "No such endpoint. See /docs for the list.");
    public static readonly Problem MethodNotAllowed = new(405, "method_not_allowed", "The endpoint does not take this method. The Allow header lists those it takes.");
    public static readonly Problem RequestTimeout = new(408, "request_timeout", "The request took too long to arrive. Send it again.");
    public static readonly Problem TooLarge = new(413, "message_too_large", "The body is longer than limits.message, as sent or decompressed. Send it in parts.");
    public static readonly Problem UnsupportedMediaType = new(415, "unsupported_media_type", "Send the body as application/json.");
    public static readonly Problem UnsupportedEncoding = new(415, "unsupported_encoding", "The Content-Encoding must be gzip or br, or absent.");

    public static readonly Problem TooManyConnections = new(503, "too_many_connections", "The engine has as many connections as it may. Try again later.");
    public static readonly Problem TooManyFromAddress = new(429, "too_many_connections_from_address", "This address has as many connections as it may. Close some.");
    public static readonly Problem TooManyForStore = new(429, "too_many_connections_for_store", "The store's keys have as many streams as they may. Close some.");
    public static readonly Problem Internal = new(500, "internal_error", "The engine failed to answer this request. Its log has the details.");
    public static readonly Problem Stopping = new(503, "stopping", "The engine is stopping; send the request again in a moment.");
    public static readonly Problem Overloaded = new(503, "overloaded", "The engine cannot take this now. Send it again later.");
    public static readonly Problem NotDurable = new(503, "not_durable",
        "The events were taken, and could not be made durable in time. Send them again with the same ids: they will count once.");

    public static readonly Problem CartNotFound = new(404, "cart_not_found", "No event of this cart has come in.");
}
