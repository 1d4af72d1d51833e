using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A recurring time, as in Alertmanager's `time_intervals`: all conditions that are set must hold.</summary>
sealed record AmInterval
{
    /// <summary>Times of day.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AmTimeRange>? Times { get; init; }

    /// <summary>Days of the week: `sunday`, `monday:friday`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Weekdays { get; init; }

    /// <summary>Days of the month: `1`, `1:7`; negative ones count from its end.</summary>
    [JsonPropertyName("days_of_month")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? DaysOfMonth { get; init; }

    /// <summary>Months: `january`, `6:8`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Months { get; init; }

    /// <summary>Years: `2026`, `2026:2027`.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Years { get; init; }

    /// <summary>The time zone, such as `Europe/Berlin`; UTC by default.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Location { get; init; }
}
