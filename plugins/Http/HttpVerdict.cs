using CartRecovery.Contracts;

namespace CartRecovery.Plugins.Http;

/// <summary>What an HTTP answer means for an intervention.</summary>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Reason">Why, unless delivered.</param>
public readonly record struct HttpVerdict(DeliveryOutcome Outcome, string Reason)
{
    /// <summary>What a status says by itself: 2xx is delivered; 408, 409, 425, 429 and 5xx may work later; anything else never will.</summary>
    public static HttpVerdict Of(int status) => status switch
    {
        >= 200 and < 300 => new(DeliveryOutcome.Delivered, $"answered {status}"),
        >= 300 and < 400 => new(DeliveryOutcome.Rejected, $"answered {status}; redirects are not followed"),
        408 or 409 or 425 or 429 or >= 500 => new(DeliveryOutcome.Retry, $"answered {status}"),
        _ => new(DeliveryOutcome.Rejected, $"answered {status}"),
    };
}

/// <summary>An intervention cannot be sent now; the message says why, fit for the log.</summary>
public sealed class NotNowException(string message) : Exception(message);
