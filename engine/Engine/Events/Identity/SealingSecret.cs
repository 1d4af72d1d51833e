namespace CartRecovery.Engine.Events.Identity;

/// <summary>A data folder's secret that seals ids which are addresses: see <see cref="SealedIds"/>.</summary>
/// <param name="Key">The secret.</param>
/// <param name="PacksLongIds">
/// Whether ids beyond <see cref="SealedIds.MaxOpened"/> are packed where they can be. Folders of earlier versions hash them, and go on: another sealed id would be another cart or customer.
/// </param>
public sealed record SealingSecret(byte[] Key, bool PacksLongIds);
