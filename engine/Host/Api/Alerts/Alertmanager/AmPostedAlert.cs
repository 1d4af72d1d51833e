using System.Text.Json.Serialization;

namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>An alert that another program sends.</summary>
sealed record AmPostedAlert
{
    /// <summary>The labels; at least one.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>The texts.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>When it fired; now by default.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>When it ended, or ends unless it is renewed; `resolve_timeout` from now by default.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>The page of its expression.</summary>
    [JsonPropertyName("generatorURL")]
    public string? GeneratorUrl { get; init; }
}
