using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Engine.Configuration.Learning;

/// <summary>How the engine trains models on its journal: the jobs 'retrain' and 'shadow-evaluation'.</summary>
public sealed class LearningConfig
{
    [ConfigKey("How far a model that the engine trained goes by itself. shadow: it scores beside the champion. canary: if the outcomes of its rows hold, it then decides for the "
        + "canary's first share of the shoppers. champion: the canary is stepped up while its guardrails hold, and becomes the champion.")]
    public PromotionLimit Promote { get; set; }

    [ConfigKey("Minimum time from one training to the next that drift starts.", Min = "1h", Max = "90d")]
    public Duration Cooldown { get; set; } = Duration.FromHours(72);

    [ConfigKey("Minimum time of a shadow's rows whose outcomes are known, before it may become the canary.", Min = "1h", Max = "28d")]
    public Duration ShadowFor { get; set; } = Duration.FromHours(24);

    [ConfigKey("Periods whose rows no model learns from, such as an outage or an attack: FROM/TO, two times as in RFC 3339, or dates in UTC.", Max = "100",
        Example = "[2026-11-27T08:00:00Z/2026-11-27T20:00:00Z]")]
    public List<string> Exclude { get; set; } = [];

    /// <summary>Reads the excluded periods, in milliseconds since 1970 UTC, to exclusive.</summary>
    public IReadOnlyList<(long From, long To)> ReadExcluded() => [.. Exclude.Select(PeriodOf).OfType<(long, long)>()];

    /// <summary>Reads a period; <see langword="null"/> if it is none.</summary>
    internal static (long From, long To)? PeriodOf(string text) => text.Split('/') is [var from, var to] && IsTime(from) && IsTime(to)
        && TimeExpression.TryParse(from, now: 0, out var first) && TimeExpression.TryParse(to, now: 0, out var end) && first < end ? (first, end) : null;

    // Neither an age nor a number: a period stays where it is.
    static bool IsTime(string text) => text.Trim().Length >= 10 && text.Trim()[4] == '-';
}
