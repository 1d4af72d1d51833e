using System.Text.Json;
using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Customers;

/// <summary>A change of a customer. Absent properties stay.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
sealed class UserChange
{
    /// <summary>The e-mail address.</summary>
    public string? Email { get; set => field = Noted(value, "email"); }

    /// <summary>The telephone number: international, or a national one of the store's country.</summary>
    public string? Phone { get; set => field = Noted(value, "phone"); }

    /// <summary>The token for push notifications.</summary>
    public string? PushToken { get; set => field = Noted(value, "pushToken"); }

    /// <summary>The IANA time zone.</summary>
    public string? Timezone { get; set => field = Noted(value, "timezone"); }

    /// <summary>Texts, numbers, Booleans and lists of them, by name; null removes an attribute. At most 32.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Attributes { get; set; }

    /// <summary>Consents and refusals by channel; at most 3.</summary>
    public IReadOnlyList<UserConsent>? Consents { get; set; }

    /// <summary>Your id of the request, at most 250 bytes. Repeated requests with it have no effect.</summary>
    public string? Id { get; set; }

    /// <summary>The first address or zone that was set to <see langword="null"/>; <see langword="null"/> if none was. JSON sets what a body names, and nothing else.</summary>
    [JsonIgnore]
    public string? NullField { get; set; }

    /// <summary>Whether it changes no address, time zone or attribute.</summary>
    [JsonIgnore]
    public bool IdentifiesNothing => Email is null && Phone is null && PushToken is null && Timezone is null && Attributes is not { Count: > 0 };

    string? Noted(string? value, string name)
    {
        NullField ??= value is null ? name : null;
        return value;
    }
}
