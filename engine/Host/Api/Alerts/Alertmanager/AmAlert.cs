using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>An alert as Alertmanager has it.</summary>
sealed record AmAlert
{
    /// <summary>The texts.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>When it ends unless it is renewed.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>The fingerprint of the labels.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Who gets its notices.</summary>
    public required IReadOnlyList<AmReceiver> Receivers { get; init; }

    /// <summary>When it fired.</summary>
    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Whether it is silenced or inhibited.</summary>
    public required AmAlertStatus Status { get; init; }

    /// <summary>When it was last renewed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The page of its expression.</summary>
    [JsonPropertyName("generatorURL")]
    public required string GeneratorUrl { get; init; }

    /// <summary>The labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
}
