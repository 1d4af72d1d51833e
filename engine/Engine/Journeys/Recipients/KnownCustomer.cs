using CartRecovery.Contracts;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Recipients;

/// <summary>A customer's data, from the shop's server and from user tokens.</summary>
/// <param name="Key">The customer's key.</param>
/// <param name="UserId">The customer's id as sent by the shop; <see langword="null"/> if an earlier version stored the record.</param>
/// <param name="Recipient">The addresses.</param>
/// <param name="Zone">The time zone.</param>
/// <param name="Attributes">The attributes in the format of <see cref="Messages.CustomerAttributes"/>.</param>
/// <param name="CreatedAt">When the customer was first reported (ms since 1970 UTC).</param>
/// <param name="UpdatedAt">When the data was last changed (ms since 1970 UTC).</param>
public sealed record KnownCustomer(Hash128 Key, string? UserId, Recipient Recipient, string? Zone, string? Attributes, long CreatedAt, long UpdatedAt);
