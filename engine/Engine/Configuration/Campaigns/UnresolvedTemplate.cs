namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>A template that a campaign names and that cannot be used in a store, in which the campaign is paused.</summary>
/// <param name="Campaign">The campaign.</param>
/// <param name="Store">The store's id.</param>
/// <param name="Template">The template; <see langword="null"/> if the texts of all stores together are too long.</param>
public readonly record struct UnresolvedTemplate(string Campaign, string Store, string? Template);
