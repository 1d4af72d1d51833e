namespace CartRecovery.Host.Api;

/// <summary>Counts since the start, over all partitions.</summary>
interface IEngineTotals
{
    /// <summary>Events folded, scored and decided on.</summary>
    long Processed { get; }

    /// <summary>Rows scored.</summary>
    long Predictions { get; }

    /// <summary>Carts seen for the first time.</summary>
    long Carts { get; }
}
