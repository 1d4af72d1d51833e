namespace CartRecovery.Host.Api.Campaigns.Backtests;

/// <summary>What to try a campaign on.</summary>
/// <param name="From">The beginning of the period: RFC 3339, a date, epoch ms, or an age; absent for `7d`.</param>
/// <param name="To">Its exclusive end; absent for now.</param>
/// <param name="Version">The version of the campaign; absent for the last one.</param>
/// <param name="Model">The file name of a model beside the one in force; absent for the one in force.</param>
sealed record BacktestBody(string? From = null, string? To = null, long? Version = null, string? Model = null);
