namespace CartRecovery.Engine.Scoring;

/// <summary>
/// Evaluates the rows of a batch in one run. Owns the batch's memory and allocates nothing after construction. One thread at a time.
/// </summary>
interface IRowEvaluator : IDisposable
{
    /// <summary>Rows of features, contiguous.</summary>
    float[] Inputs { get; }

    /// <summary>Results of the last run, one per row.</summary>
    float[] Outputs { get; }

    /// <summary>Evaluates the first <paramref name="rows"/> rows: 1 to the capacity.</summary>
    void Run(int rows);
}
