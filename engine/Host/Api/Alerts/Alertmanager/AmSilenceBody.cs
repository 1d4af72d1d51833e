namespace CartRecovery.Host.Api.Alerts.Alertmanager;

/// <summary>A silence to create, or to change if it has an id.</summary>
sealed record AmSilenceBody
{
    /// <summary>The id of the silence to change; empty for a new one.</summary>
    public string? Id { get; init; }

    /// <summary>The conditions.</summary>
    public IReadOnlyList<AmMatcher>? Matchers { get; init; }

    /// <summary>When it begins.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>When it hides alerts between its beginning and its end: one to ten intervals; always by default.</summary>
    public IReadOnlyList<AmInterval>? Recurrence { get; init; }

    /// <summary>Who creates it; the signed-in user by default.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Why.</summary>
    public string? Comment { get; init; }
}
