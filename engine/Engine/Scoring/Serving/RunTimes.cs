namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>Sums over the timed runs of a model, for a line of duration over rows.</summary>
/// <param name="Runs">Number of runs.</param>
/// <param name="Rows">The sum of their rows.</param>
/// <param name="Squares">The sum of the squares of their rows.</param>
/// <param name="Ticks">The sum of their durations, in ticks of the stopwatch.</param>
/// <param name="Products">The sum of rows times duration.</param>
readonly record struct RunTimes(double Runs, double Rows, double Squares, double Ticks, double Products)
{
    /// <summary>Subtracts sums.</summary>
    public static RunTimes operator -(RunTimes a, RunTimes b) =>
        new(a.Runs - b.Runs, a.Rows - b.Rows, a.Squares - b.Squares, a.Ticks - b.Ticks, a.Products - b.Products);

    /// <summary>Estimates how long other runs would take, by a line with no negative part.</summary>
    public double ExpectedTicks(RunTimes others)
    {
        var spread = (Runs * Squares) - (Rows * Rows);
        var slope = spread <= 0 ? 0 : Math.Max(0, ((Runs * Products) - (Rows * Ticks)) / spread);
        var intercept = (Ticks - (slope * Rows)) / Runs;
        return intercept >= 0 ? (intercept * others.Runs) + (slope * others.Rows) : Ticks / Rows * others.Rows;
    }
}
