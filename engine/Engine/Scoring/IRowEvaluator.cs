namespace CartRecovery.Engine.Scoring;

/// <summary>The memory of a batch, and what works its rows off in one run. Allocates nothing once it is made. For one thread at a time.</summary>
internal interface IRowEvaluator : IDisposable
{
    /// <summary>Rows of features, one after another.</summary>
    float[] Inputs { get; }

    /// <summary>What the last run gave for each row.</summary>
    float[] Outputs { get; }

    /// <summary>Works off the first <paramref name="rows"/> rows, 1 to the capacity.</summary>
    void Run(int rows);
}
