using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Customers;

/// <summary>A change of a customer. Absent properties stay.</summary>
/// <param name="Email">The e-mail address.</param>
/// <param name="Phone">The telephone number: international, or a national one of the store's country.</param>
/// <param name="PushToken">The token for push notifications.</param>
/// <param name="Timezone">The IANA time zone.</param>
/// <param name="Attributes">Texts, numbers, Booleans and lists of them, by name; null removes an attribute. At most 32.</param>
/// <param name="Consents">Consents and refusals by channel; at most 3.</param>
/// <param name="Id">Your id of the request. Repeated requests with it have no effect.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record UserChange(
    string? Email = null, string? Phone = null, string? PushToken = null, string? Timezone = null, IReadOnlyDictionary<string, JsonElement>? Attributes = null,
    IReadOnlyList<UserConsent>? Consents = null, string? Id = null)
{
    /// <summary>Whether it changes no address, time zone or attribute.</summary>
    [JsonIgnore]
    public bool IdentifiesNothing => Email is null && Phone is null && PushToken is null && Timezone is null && Attributes is not { Count: > 0 };
}
