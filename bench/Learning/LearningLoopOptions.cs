using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Scoring.Canary;

namespace CartRecovery.Bench.Learning;

/// <summary>How large the simulated shop is, and how it learns.</summary>
sealed record LearningLoopOptions
{
    /// <summary>Carts of a day.</summary>
    public int CartsADay { get; init; } = 20_000;

    /// <summary>Rows of a day that are kept.</summary>
    public int RowsADay { get; init; } = 12_000;

    /// <summary>Maximum number of rows of a data set, as in the engine; of more, an even sample.</summary>
    public int MaxRows { get; init; } = 60_000;

    /// <summary>The random seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Days until the labels of a day's rows are known.</summary>
    public int LabelDays { get; init; } = 2;

    /// <summary>Days from one scheduled training to the next.</summary>
    public int TrainEvery { get; init; } = 7;

    /// <summary>Days for which drift starts no second training.</summary>
    public int Cooldown { get; init; } = 3;

    /// <summary>A shopper gets an offer below this score.</summary>
    public float OfferBelow { get; init; } = 0.05f;

    /// <summary>How models are trained and judged.</summary>
    public RetrainingOptions Retraining { get; init; } = new();

    /// <summary>The canary's guardrails.</summary>
    public CanaryPolicy Policy { get; init; } = new();
}
