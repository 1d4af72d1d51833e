namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>The content of a campaign version. Immutable.</summary>
/// <param name="Definition">The campaign as in the configuration file: a JSON object without its name.</param>
/// <param name="Stores">The ids of the stores that it runs in; empty for all stores.</param>
/// <param name="StartsAt">The time it starts, inclusive; <see langword="null"/> to start at once.</param>
/// <param name="EndsAt">The time it ends, exclusive; <see langword="null"/> if it never ends.</param>
/// <param name="Reason">The reason for the change; may be empty.</param>
public sealed record CampaignDraft(string Definition, IReadOnlyList<string> Stores, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, string Reason)
{
    /// <summary>Maximum size of a definition, in characters.</summary>
    public const int MaxDefinition = 32 * 1024;

    /// <summary>Returns whether the campaign runs in a store.</summary>
    public bool AppliesTo(string store) => Stores.Count == 0 || Stores.Contains(store);

    /// <summary>Returns whether a time is within [<see cref="StartsAt"/>, <see cref="EndsAt"/>).</summary>
    public bool IsOn(DateTimeOffset now) => (StartsAt is not { } start || now >= start) && (EndsAt is not { } end || now < end);
}
