namespace CartRecovery.Engine.Monitoring.Services;

/// <summary>The checks of a service in an hour, or in several.</summary>
public sealed class ServiceHour
{
    // The last one is without a bound.
    static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    readonly int[] _took = new int[s_bounds.Length + 1];

    /// <summary>The number of checks.</summary>
    public int Checks { get; private set; }

    /// <summary>Those that found the service degraded.</summary>
    public int Degraded { get; private set; }

    /// <summary>Those that found it not working.</summary>
    public int Failed { get; private set; }

    /// <summary>Adds a check.</summary>
    public void Add(ServiceResult result)
    {
        Checks++;
        Degraded += result.Level == ServiceLevel.Degraded ? 1 : 0;
        Failed += result.Level == ServiceLevel.Unhealthy ? 1 : 0;
        if (result.Level != ServiceLevel.Unhealthy)
        {
            var bucket = Array.FindIndex(s_bounds, bound => result.Took.TotalSeconds <= bound);
            _took[bucket < 0 ? s_bounds.Length : bucket]++;
        }
    }

    /// <summary>Adds the checks of another hour.</summary>
    public void Add(ServiceHour other)
    {
        (Checks, Degraded, Failed) = (Checks + other.Checks, Degraded + other.Degraded, Failed + other.Failed);
        for (var i = 0; i < _took.Length; i++)
        {
            _took[i] += other._took[i];
        }
    }

    /// <summary>The share of checks that found the service working, degraded or not; <see langword="null"/> without checks.</summary>
    public double? Uptime => Checks == 0 ? null : (double)(Checks - Failed) / Checks;

    /// <summary>
    /// How fast the error budget is used up: 1 uses exactly what the objective allows in the time, 10 ten times as much (Google's SRE workbook, chapter 5).
    /// </summary>
    /// <param name="objective">The share of checks that should find the service working, below 1.</param>
    public double? BurnRate(double objective) => Checks == 0 ? null : Failed / (double)Checks / (1 - objective);

    /// <summary>Computes a quantile of the response times, with linear interpolation within its bucket.</summary>
    /// <param name="share">0–1.</param>
    /// <returns><see langword="null"/> without answers; 30 s if it is more.</returns>
    public TimeSpan? Quantile(double share)
    {
        var (rank, before) = (share * (Checks - Failed), 0);
        for (var i = 0; Checks > Failed && i < s_bounds.Length; i++)
        {
            if (before + _took[i] >= rank && _took[i] > 0)
            {
                var lower = i == 0 ? 0 : s_bounds[i - 1];
                return TimeSpan.FromSeconds(lower + ((s_bounds[i] - lower) * (rank - before) / _took[i]));
            }

            before += _took[i];
        }

        return Checks > Failed ? TimeSpan.FromSeconds(s_bounds[^1]) : null;
    }
}
