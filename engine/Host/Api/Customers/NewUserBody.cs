using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Customers;

/// <summary>A new customer.</summary>
/// <param name="UserId">The shop's id of the customer, as events have it in `userId`.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Phone">The telephone number: international, or a national one of the store's country.</param>
/// <param name="PushToken">The token for push notifications.</param>
/// <param name="Timezone">The IANA time zone.</param>
/// <param name="Attributes">Texts, numbers, Booleans and lists of them, by name; at most 32.</param>
/// <param name="Consents">Consents and refusals by channel; at most 3.</param>
/// <param name="Id">Your id of the request, at most 250 bytes. Repeated requests with it have no effect.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed record NewUserBody(
    string? UserId, string? Email = null, string? Phone = null, string? PushToken = null, string? Timezone = null, IReadOnlyDictionary<string, JsonElement>? Attributes = null,
    IReadOnlyList<UserConsent>? Consents = null, string? Id = null)
{
    /// <summary>Returns the data as a change. For a new customer, <see langword="null"/> means absent.</summary>
    public UserChange ToChange() => new()
    {
        Email = Email,
        Phone = Phone,
        PushToken = PushToken,
        Timezone = Timezone,
        Attributes = Attributes,
        Consents = Consents,
        Id = Id,
        NullField = null,
    };
}
