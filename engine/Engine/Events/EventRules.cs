namespace CartRecovery.Engine.Events;

/// <summary>What a decoder holds events against: the key's store and the configured limits.</summary>
/// <param name="StoreId">The store that the key belongs to, in UTF-8.</param>
/// <param name="StoreIndex">Its place in the configuration.</param>
/// <param name="Verified">The key is a secret one.</param>
/// <param name="MaxEventBytes">The longest event, in bytes of JSON.</param>
/// <param name="PastMilliseconds">How far back an event's time may lie.</param>
/// <param name="FutureMilliseconds">How far ahead an event's time may lie.</param>
public sealed record EventRules(
    byte[] StoreId, ushort StoreIndex, bool Verified, int MaxEventBytes, long PastMilliseconds, long FutureMilliseconds)
{
    /// <summary>The seed of the store's keys, so that two stores' carts of the same name are two carts.</summary>
    public ulong Seed { get; } = EventKeys.SeedOf(StoreId);
}
