namespace CartRecovery.Host.Api.Usage;

/// <summary>Usage of a store, or of one of its keys, in a day or a month.</summary>
/// <param name="Period">The day or the month, in the store's time zone: `2027-01-31` or `2027-01`.</param>
/// <param name="Kind">events or messages.</param>
/// <param name="KeyId">The key, as `GET /v1/api-keys` lists it; null for the store as a whole.</param>
/// <param name="Count">The number of events or messages.</param>
/// <param name="Quota">The quota for the current day's events or the current month's messages; null for none.</param>
/// <param name="ResetsAt">When the quota is renewed; null if there is none.</param>
sealed record UsageItem(string Period, string Kind, string? KeyId, long Count, long? Quota, DateTime? ResetsAt);
