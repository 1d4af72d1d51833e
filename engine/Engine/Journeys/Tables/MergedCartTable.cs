using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Stores which carts went into others, so that no series begins for them unless they are used again.</summary>
public sealed class MergedCartTable
{
    readonly Statement _set, _find, _active, _purge;
    bool _isEmpty;

    internal MergedCartTable(Database database)
    {
        _set = database.Prepare("""
            INSERT INTO merged(cart, target, session, at) VALUES(?1, ?2, ?3, ?4)
            ON CONFLICT(cart, session) DO UPDATE SET target=excluded.target, at=max(at, excluded.at)
            """);
        _find = database.Prepare("SELECT max(at) FROM merged WHERE cart=?1 AND session IN (0, ?2)");
        _active = database.Prepare($"""
            SELECT id FROM journey WHERE subject=?1 AND cart=?1 AND state={JourneyState.Active:D}
            UNION ALL SELECT id FROM journey WHERE cart=?1 AND subject<>cart AND state={JourneyState.Active:D} LIMIT 64
            """);
        _purge = database.Prepare("DELETE FROM merged WHERE (cart, session) IN (SELECT cart, session FROM merged WHERE at<?1 LIMIT 1000)");
        _isEmpty = database.Prepare("SELECT 1 FROM merged LIMIT 1").Number() is null;
    }

    /// <summary>Records that a cart went into another.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="target">The cart that it went into.</param>
    /// <param name="session">The session whose word it is: it concerns that session's cart alone. 0 for the server's.</param>
    /// <param name="at">When (ms since 1970 UTC).</param>
    public void Set(in Hash128 cart, in Hash128 target, ulong session, long at)
    {
        _set.With(cart).With(target).With((long)session).With(at).Run();
        _isEmpty = false;
    }

    /// <summary>Returns when a session's cart went into another (ms since 1970 UTC); 0 if it did not.</summary>
    public long MergedAt(in Hash128 cart, ulong session) => _isEmpty ? 0 : _find.With(cart).With((long)session).Number() ?? 0;

    /// <summary>Returns the active journeys of a cart, whoever its shopper is.</summary>
    public List<long> ActiveOf(in Hash128 cart)
    {
        var found = new List<long>();
        _active.With(cart);
        while (_active.Next())
        {
            found.Add(_active.Long(0));
        }

        return found;
    }

    /// <summary>Forgets up to a thousand carts that went into others before a time (ms since 1970 UTC).</summary>
    internal void Purge(long before) => _purge.With(before).Run();
}
