using CartRecovery.Contracts;

namespace CartRecovery.Plugins.Http;

/// <summary>The outcome of an intervention, decided by an HTTP response.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Reason">The reason, unless delivered.</param>
public readonly record struct HttpVerdict(DeliveryOutcome Outcome, string Reason)
{
    /// <summary>
    /// Returns the verdict for a status: 2xx is delivered; 408, 409, 425, 429 and 5xx are retried; anything else is rejected.
    /// </summary>
    public static HttpVerdict Of(int status) => status switch
    {
        >= 200 and < 300 => new(DeliveryOutcome.Delivered, $"answered {status}"),
        >= 300 and < 400 => new(DeliveryOutcome.Rejected, $"answered {status}; redirects are not followed"),
        408 or 409 or 425 or 429 or >= 500 => new(DeliveryOutcome.Retry, $"answered {status}"),
        _ => new(DeliveryOutcome.Rejected, $"answered {status}"),
    };
}

/// <summary>Thrown if an intervention cannot be sent at present. The message must be safe to log.</summary>
public sealed class TransientSinkException(string message) : Exception(message);
