namespace CartRecovery.Host.Api.Inference;

/// <summary>Ends a request of the Open Inference Protocol with its form of an error.</summary>
/// <param name="status">The status.</param>
/// <param name="code">A stable code.</param>
/// <param name="message">What is wrong and what to do.</param>
sealed class InferenceException(int status, string code, string message) : Exception(message)
{
    /// <summary>There is no such model or version.</summary>
    public const string NotFound = "model_not_found";

    /// <summary>The version is neither the champion nor loaded.</summary>
    public const string NotLoaded = "model_not_loaded";

    /// <summary>The request is not one of the protocol.</summary>
    public const string Invalid = "invalid_request";

    /// <summary>An input is missing, unknown, or has another shape, type or length than expected.</summary>
    public const string InvalidInput = "invalid_input";

    /// <summary>There is no such output.</summary>
    public const string UnknownOutput = "unknown_output";

    /// <summary>The request has too many rows.</summary>
    public const string TooManyRows = "too_many_rows";

    /// <summary>The body is too long.</summary>
    public const string BodyTooLarge = "message_too_large";

    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The stable code.</summary>
    public string Code => code;
}
