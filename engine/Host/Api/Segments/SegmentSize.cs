namespace CartRecovery.Host.Api.Segments;

/// <summary>How many are in a segment, estimated from a sample of the carts in memory, which are those that shoppers changed last.</summary>
/// <param name="Key">The segment.</param>
/// <param name="Version">The version that was counted.</param>
/// <param name="Carts">Carts.</param>
/// <param name="Customers">Signed-in customers with such a cart.</param>
/// <param name="Exact">Whether all carts in memory were looked at: then nothing is estimated.</param>
/// <param name="EstimatedAt">When the sample was taken.</param>
/// <param name="TookMilliseconds">How long that took.</param>
sealed record SegmentSize(string Key, string Version, SampledCount Carts, SampledCount Customers, bool Exact, DateTime EstimatedAt, double TookMilliseconds);

/// <summary>A number of a segment.</summary>
/// <param name="Matching">How many are in the segment.</param>
/// <param name="Known">How many there are.</param>
/// <param name="Sampled">How many the sample has.</param>
/// <param name="SampledMatching">How many of the sample are in the segment.</param>
sealed record SampledCount(long Matching, long Known, int Sampled, int SampledMatching);
