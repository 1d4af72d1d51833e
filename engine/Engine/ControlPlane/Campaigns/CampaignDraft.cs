namespace CartRecovery.Engine.ControlPlane.Campaigns;

/// <summary>What a campaign shall be.</summary>
/// <param name="Definition">The campaign as in the configuration, a JSON object without its name.</param>
/// <param name="Stores">The ids of its stores; none for all.</param>
/// <param name="StartsAt">When it begins; <see langword="null"/> for at once.</param>
/// <param name="EndsAt">When it ends; <see langword="null"/> for never.</param>
/// <param name="Reason">Why; may be empty.</param>
public sealed record CampaignDraft(string Definition, IReadOnlyList<string> Stores, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, string Reason)
{
    /// <summary>Maximum size of a definition, in characters.</summary>
    public const int MaxDefinition = 32 * 1024;

    /// <summary>Returns whether it is for a store.</summary>
    public bool AppliesTo(string store) => Stores.Count == 0 || Stores.Contains(store);

    /// <summary>Returns whether a time is between its dates.</summary>
    public bool IsOn(DateTimeOffset now) => (StartsAt is not { } start || now >= start) && (EndsAt is not { } end || now < end);
}
