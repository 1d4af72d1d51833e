using System.Globalization;
using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>What a probe saw.</summary>
/// <param name="Name">What it asks for.</param>
/// <param name="Times">Quantiles of its latency.</param>
/// <param name="Count">Number of probes.</param>
/// <param name="Failed">Number of probes without an answer, or with an error.</param>
sealed record ProbeResult(string Name, Quantiles Times, long Count, int Failed)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name,-13} p50 {Times.P50,8:N1} ms   p99 {Times.P99,8:N1} ms   max {Times.Max,8:N1} ms   {Count} probes, {Failed} failed");
}
