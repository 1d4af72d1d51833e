namespace CartRecovery.Host.Api.Segments;

/// <summary>The size of a segment, estimated from a sample of the carts in memory: those that changed last.</summary>
/// <param name="Key">The segment.</param>
/// <param name="Version">The version that was counted.</param>
/// <param name="Carts">The number of carts.</param>
/// <param name="Customers">The number of signed-in customers with such a cart.</param>
/// <param name="Exact">Whether all carts in memory were counted, so that the size is not an estimate.</param>
/// <param name="EstimatedAt">When the sample was taken.</param>
/// <param name="TookMilliseconds">The duration, in milliseconds.</param>
sealed record SegmentSize(string Key, string Version, SampledCount Carts, SampledCount Customers, bool Exact, DateTime EstimatedAt, double TookMilliseconds);

/// <summary>An estimated count.</summary>
/// <param name="Matching">The estimated number in the segment.</param>
/// <param name="Known">The number of all.</param>
/// <param name="Sampled">The number in the sample.</param>
/// <param name="SampledMatching">The number in the sample and in the segment.</param>
sealed record SampledCount(long Matching, long Known, int Sampled, int SampledMatching);
