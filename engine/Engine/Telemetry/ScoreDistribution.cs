namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// Counts scores in steps of 1/10,000. Sums are integers, so the result does not depend on the order or grouping of additions. Uses a
/// fixed 80 KB. One thread at a time.
/// </summary>
public sealed class ScoreDistribution
{
    const int Steps = 10_000;
    const double Unit = 1L << 32;

    readonly long[] _counts = new long[Steps + 1];
    long _sum;

    /// <summary>Number of scores.</summary>
    public long Count { get; private set; }

    /// <summary>Mean, 0–1; 0 without scores.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Unit / Count;

    /// <summary>Adds scores, 0–1.</summary>
    public void Add(ReadOnlySpan<float> scores)
    {
        foreach (var score in scores)
        {
            _counts[(int)((score * Steps) + 0.5f)]++;
            _sum += (long)(score * Unit);
        }

        Count += scores.Length;
    }

    /// <summary>Adds the scores of another distribution.</summary>
    public void Merge(ScoreDistribution other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _sum += other._sum;
        Count += other.Count;
    }

    /// <summary>Computes a quantile; 0 without scores.</summary>
    /// <param name="share">0–1.</param>
    public double Quantile(double share)
    {
        if (Count == 0)
        {
            return 0;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        var step = 0;
        for (var seen = _counts[0]; seen < rank; seen += _counts[step])
        {
            step++;
        }

        return (double)step / Steps;
    }
}
