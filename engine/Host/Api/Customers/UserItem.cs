using System.Text.Json;

namespace CartRecovery.Host.Api.Customers;

/// <summary>A customer, from the shop's server and from user tokens.</summary>
/// <param name="UserId">The customer's id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Phone">The telephone number in E.164.</param>
/// <param name="PushToken">The token for push notifications.</param>
/// <param name="Timezone">The IANA time zone.</param>
/// <param name="Attributes">Further attributes, by name in snake case.</param>
/// <param name="Channels">How the customer can be reached.</param>
/// <param name="CreatedAt">When the customer was first reported; null if only a consent is known, and without `personal_data:read`.</param>
/// <param name="UpdatedAt">When addresses, zone or attributes were last reported; null without `personal_data:read`.</param>
sealed record UserItem(
    string UserId, string? Email, string? Phone, string? PushToken, string? Timezone, IReadOnlyDictionary<string, JsonElement> Attributes, UserChannels Channels,
    DateTime? CreatedAt, DateTime? UpdatedAt);

/// <summary>How a customer can be reached, by channel.</summary>
/// <param name="Email">By e-mail.</param>
/// <param name="Sms">By text message.</param>
/// <param name="Push">By push notification.</param>
sealed record UserChannels(ChannelReach Email, ChannelReach Sms, ChannelReach Push);

/// <summary>A customer in a list.</summary>
/// <param name="UserId">The customer's id.</param>
/// <param name="Email">The e-mail address.</param>
/// <param name="Phone">The telephone number in E.164.</param>
/// <param name="CreatedAt">When the customer was first reported; null without `personal_data:read`.</param>
/// <param name="UpdatedAt">When addresses, zone or attributes were last reported; null without `personal_data:read`.</param>
sealed record UserRow(string UserId, string? Email, string? Phone, DateTime? CreatedAt, DateTime? UpdatedAt);
