using CartRecovery.Contracts;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>
/// Stores unproven addresses by key: the first message, the source network, and the confirmation.
/// </summary>
public sealed class UnprovenTable
{
    readonly Statement _find, _findOfCart, _add, _confirm, _forget, _another, _ofNetwork, _ofStore, _purge;

    internal UnprovenTable(Database database)
    {
        _find = database.Prepare("SELECT max(confirmed_at IS NOT NULL) FROM unproven WHERE reached=?1");
        _findOfCart = database.Prepare("SELECT confirmed_at IS NOT NULL FROM unproven WHERE reached=?1 AND cart=?2");
        _add = database.Prepare("INSERT OR IGNORE INTO unproven(reached, store, cart, address, network, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _confirm = database.Prepare("UPDATE unproven SET confirmed_at=coalesce(confirmed_at, ?3) WHERE reached=?1 AND cart=?2");
        _forget = database.Prepare("DELETE FROM unproven WHERE reached=?1 AND cart=?2 AND confirmed_at IS NULL");
        _another = database.Prepare("SELECT 1 FROM unproven WHERE cart=?1 AND address=?2 AND reached<>?3 LIMIT 1");
        _ofNetwork = database.Prepare("SELECT at FROM unproven WHERE store=?1 AND network=?2 ORDER BY at DESC LIMIT 1 OFFSET ?3");
        _ofStore = database.Prepare("SELECT at FROM unproven WHERE store=?1 ORDER BY at DESC LIMIT 1 OFFSET ?2");
        _purge = database.Prepare("DELETE FROM unproven WHERE (reached, cart) IN (SELECT reached, cart FROM unproven WHERE at<?1 LIMIT 1000)");
    }

    /// <summary>Returns whether the owner of an address confirmed it, for any cart; <see langword="null"/> if nothing was sent to it yet.</summary>
    public bool? IsConfirmed(in Hash128 address) => _find.With(address).Number() is { } confirmed ? confirmed != 0 : null;

    /// <summary>
    /// Returns whether the owner of an address confirmed it for a cart; <see langword="null"/> if nothing was sent to it for that cart yet.
    /// </summary>
    public bool? IsConfirmedFor(in Hash128 address, in Hash128 cart) => _findOfCart.With(address).With(cart).Number() is { } confirmed ? confirmed != 0 : null;

    /// <summary>Records that an address is written to for a cart for the first time.</summary>
    public void Add(in Hash128 address, string store, in Hash128 cart, AddressKind kind, long network, long now) =>
        _add.With(address).With(store).With(cart).With((long)kind).With(network).With(now).Run();

    /// <summary>Records that the owner confirmed an address for a cart.</summary>
    /// <returns><see langword="false"/> if nothing was sent to it.</returns>
    public bool Confirm(in Hash128 address, in Hash128 cart, long now) => _confirm.With(address).With(cart).With(now).Run() > 0;

    /// <summary>Forgets that an address was written to for a cart, unless it was confirmed.</summary>
    /// <returns><see langword="false"/> if it was not.</returns>
    public bool Forget(in Hash128 address, in Hash128 cart) => _forget.With(address).With(cart).Run() > 0;

    /// <summary>Returns whether another address of this kind was written to for a cart.</summary>
    public bool HasAnother(in Hash128 cart, AddressKind kind, in Hash128 address) => _another.With(cart).With((long)kind).With(address).Number() is not null;

    /// <summary>Returns the time of the <paramref name="skip"/>-th most recent new address of a network, counted from 0 (ms since 1970 UTC); 0 for none.</summary>
    public long LastOfNetwork(string store, long network, int skip) => _ofNetwork.With(store).With(network).With((long)skip).Number() ?? 0;

    /// <summary>Returns the time of the <paramref name="skip"/>-th most recent new address of a store, counted from 0 (ms since 1970 UTC); 0 for none.</summary>
    public long LastOfStore(string store, int skip) => _ofStore.With(store).With((long)skip).Number() ?? 0;

    /// <summary>Forgets up to a thousand addresses first written to before a time (ms since 1970 UTC).</summary>
    internal void Purge(long before) => _purge.With(before).Run();
}
