namespace CartRecovery.Host.Api.Monitoring;

/// <summary>The engine's cache of predictions, since the start.</summary>
/// <param name="Hits">Predictions that were there and current.</param>
/// <param name="Misses">Predictions that had to be computed.</param>
/// <param name="HitRate">The percentage of hits; null without requests.</param>
/// <param name="Size">The most predictions that are kept.</param>
/// <param name="Keys">The predictions that are kept now.</param>
sealed record CacheStatistics(long Hits, long Misses, double? HitRate, int Size, int Keys);

/// <summary>The outcome of a flush.</summary>
/// <param name="Success">True.</param>
/// <param name="Message">What was done.</param>
sealed record CacheFlushed(bool Success, string Message);
