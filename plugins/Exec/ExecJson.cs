using System.Text.Json.Serialization;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>The lines that a program reads and writes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExecAnswer))]
sealed partial class ExecJson : JsonSerializerContext;

/// <summary>What a program says of one intervention.</summary>
/// <param name="Id">The intervention's.</param>
/// <param name="Outcome">delivered, retry, rejected or bounced.</param>
/// <param name="Reason">Why, unless delivered.</param>
/// <param name="After">With retry: the seconds to wait first.</param>
sealed record ExecAnswer(string? Id, string? Outcome, string? Reason, double? After)
{
    /// <summary>Marks the item; <see langword="false"/> if that is no answer.</summary>
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
