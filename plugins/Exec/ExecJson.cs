using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>JSON metadata for the lines that a program reads and writes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecResponse))]
sealed partial class ExecJson : JsonSerializerContext;

/// <summary>A program's answer to an intervention.</summary>
/// <param name="Id">The intervention's id.</param>
/// <param name="Outcome">delivered, retry, rejected or bounced.</param>
/// <param name="Reason">The reason, unless delivered.</param>
/// <param name="After">With retry: the delay in seconds.</param>
sealed record ExecResponse(string? Id, string? Outcome, string? Reason, double? After)
{
    /// <summary>Marks the item; <see langword="false"/> if the outcome is unknown.</summary>
    public bool TryMark(DeliveryBatch batch, int index)
    {
        var reason = Reason ?? "the program gave no reason";
        switch (Outcome)
        {
            case "delivered":
                batch.Deliver(index);
                return true;
            case "retry":
                batch.Retry(index, reason, After is > 0 and < 1e6 ? TimeSpan.FromSeconds(After.Value) : null);
                return true;
            case "rejected":
                batch.Reject(index, reason);
                return true;
            case "bounced":
                batch.Bounce(index, reason);
                return true;
            default:
                return false;
        }
    }
}
