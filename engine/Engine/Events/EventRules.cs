using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Identity;

namespace CartRecovery.Engine.Events;

/// <summary>The rules for validating events: the key's store and the configured limits.</summary>
/// <param name="StoreId">The key's store, in UTF-8.</param>
/// <param name="StoreNumber">The store's number.</param>
/// <param name="IsServer">Whether the sender is a server of the shop: its key is secret.</param>
/// <param name="MaxEventBytes">Maximum event length, in bytes of JSON.</param>
/// <param name="MaxAgeMilliseconds">Maximum age of an event's time.</param>
/// <param name="MaxAheadMilliseconds">Maximum distance of an event's time into the future.</param>
public sealed record EventRules(
    byte[] StoreId, ushort StoreNumber, bool IsServer, int MaxEventBytes, long MaxAgeMilliseconds, long MaxAheadMilliseconds)
{
    /// <summary>Hashes ids into keys; unkeyed by default.</summary>
    public IdHasher Ids { get; init; } = new(StoreId);

    /// <summary>Tells the sender's key from its store's other keys; 0 for the engine's own events.</summary>
    public uint KeyTag { get; init; }

    /// <summary>The country of national phone numbers, ISO 3166-1; <see langword="null"/> to take international ones alone.</summary>
    public string? Country { get; init; }

    /// <summary>The customer that the sender's user token proves; null for none.</summary>
    public ProvenUser? ProvenUser { get; init; }

    /// <summary>The people whose events are refused; null for none.</summary>
    public ForgottenPeople? Forgotten { get; init; }

    /// <summary>Whether ids of the form that the API shows instead of a customer's or a cart's are refused: see <see cref="MaskedIdText"/>.</summary>
    public bool RefusesMaskedIds { get; init; }

    /// <summary>Whether times are corrected by <c>sentAt</c>: not those of files, which were not received now.</summary>
    public bool CorrectsTimes { get; init; }

    /// <summary>The clocks of browsers; null to forget them with their connection.</summary>
    public DeviceClocks? Devices { get; init; }
}
