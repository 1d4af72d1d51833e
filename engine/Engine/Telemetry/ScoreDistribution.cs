namespace CartRecovery.Engine.Telemetry;

/// <summary>
/// How scores are spread: counts in steps of a ten-thousandth. Sums are whole numbers, so that scores added in another order, or in parts,
/// come to the same. The memory is fixed (80 KB). One thread at a time.
/// </summary>
public sealed class ScoreDistribution
{
    const int Steps = 10_000;
    const double Unit = 1L << 32;

    readonly long[] _counts = new long[Steps + 1];
    long _sum;

    /// <summary>How many scores there are.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean, 0–1; 0 when there are none.</summary>
    public double Mean => Count == 0 ? 0 : _sum / Unit / Count;

    /// <summary>Adds scores of 0–1.</summary>
    public void Add(ReadOnlySpan<float> scores)
    {
        foreach (var score in scores)
        {
            _counts[(int)((score * Steps) + 0.5f)]++;
            _sum += (long)(score * Unit);
        }

        Count += scores.Length;
    }

    /// <summary>Adds all of another's.</summary>
    public void Merge(ScoreDistribution other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        _sum += other._sum;
        Count += other.Count;
    }

    /// <summary>The score that this share of them does not exceed; 0 when there are none.</summary>
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
