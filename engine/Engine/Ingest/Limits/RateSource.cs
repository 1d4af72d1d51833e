using System.Net;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Engine.Ingest.Access;

namespace CartRecovery.Engine.Ingest.Limits;

/// <summary>The address and key that rates apply to.</summary>
/// <param name="Slot">The address's slot; −1 if its rates do not apply.</param>
/// <param name="Key">The key; <see langword="null"/> before the client has authenticated.</param>
public readonly record struct RateSource(int Slot, StoreKey? Key)
{
    /// <summary>
    /// The number of slots. Addresses share them, so that an attacker with many addresses cannot fill memory; which ones share is different
    /// in every process.
    /// </summary>
    public const int Slots = 4096;

    /// <summary>Returns the address and key that the rates apply to.</summary>
    /// <param name="address">The client's address; <see langword="null"/> if unknown.</param>
    /// <param name="key">The key; <see langword="null"/> before the client has authenticated.</param>
    /// <param name="countsLoopback">Whether the rates of addresses apply to this machine too.</param>
    public static RateSource Of(IPAddress? address, StoreKey? key, bool countsLoopback) => new(
        address is null || (!countsLoopback && AddressPrefix.IsLoopback(address)) ? -1
            : (int)((uint)HashCode.Combine(AddressPrefix.NumberOf(address)) % Slots), key);
}
