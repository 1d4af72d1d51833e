namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>When a canary is given more shoppers, and when it is rolled back.</summary>
public sealed record CanaryPolicy
{
    /// <summary>The percentages, ascending. The champion scores beside it up to 100, and after that step it becomes the champion.</summary>
    public IReadOnlyList<double> Steps { get; init; } = [1, 5, 25, 100];

    /// <summary>How many of the canary's carts must have an outcome at each step before the next.</summary>
    public long MinCarts { get; init; } = 200;

    /// <summary>
    /// How many of the canary's comparable carts, and of the champion's, must have been bought for a known value: with fewer, the central limit theorem that the
    /// revenue test rests on says little. Nothing is waited for while the canary has all shoppers.
    /// </summary>
    public long MinOrders { get; init; } = 50;

    /// <summary>How many of the canary's carts with scores must have been bought, and how many not, before their log loss is judged.</summary>
    public long MinBought { get; init; } = 20;

    /// <summary>How long a cart is followed for its outcome: the time in which most who follow a mail have bought.</summary>
    public TimeSpan Horizon { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The probability, 0–1, that a sequential test ever rolls back a canary that is as good as the champion; each test has its own.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>The highest population stability index of the scores against the champion's on the same rows.</summary>
    public double MaxStabilityIndex { get; init; } = 0.25;

    /// <summary>
    /// The mean absolute difference of the scores, as a multiple of the champion's mean, up to which their distribution may change whatever the index
    /// is: scores that are all alike move the index much by moving little.
    /// </summary>
    public double MinScoreShift { get; init; } = 0.1;

    /// <summary>How many rows the index needs: with fewer, chance alone moves it.</summary>
    public long MinRows { get; init; } = 1000;

    /// <summary>The highest time per row, as a multiple of what the champion takes for runs of the same sizes, ...</summary>
    public double MaxLatencyRatio { get; init; } = 5;

    /// <summary>... unless it is below this, which no batch notices (µs).</summary>
    public double MinLatencyMicroseconds { get; init; } = 5;

    /// <summary>
    /// Returns the policy for a candidate whose scores were seen to differ from the champion's as a shadow, and held against outcomes there: the
    /// guardrail is for scores that differ from what was judged, so twice as much is allowed.
    /// </summary>
    /// <param name="scoreShift">The stability index that was seen; <see langword="null"/> for none.</param>
    public CanaryPolicy Allowing(double? scoreShift) =>
        scoreShift is { } seen ? this with { MaxStabilityIndex = Math.Max(MaxStabilityIndex, (2 * seen) + 0.1) } : this;
}
