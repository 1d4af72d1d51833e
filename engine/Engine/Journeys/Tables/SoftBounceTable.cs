using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Counts messages in a row that a mailbox did not take, by the key of its address.</summary>
public sealed class SoftBounceTable
{
    readonly Statement _add, _reset, _purge;

    internal SoftBounceTable(Database database)
    {
        _add = database.Prepare("""
            INSERT INTO soft_bounce(reached, count, at) VALUES(?1, 1, ?2)
            ON CONFLICT(reached) DO UPDATE SET count=count+1, at=excluded.at RETURNING count
            """);
        _reset = database.Prepare("DELETE FROM soft_bounce WHERE reached=?1");
        _purge = database.Prepare("DELETE FROM soft_bounce WHERE at<?1");
    }

    /// <summary>Counts a message.</summary>
    /// <returns>How many in a row were not taken.</returns>
    public long Add(in Hash128 reached, long now) => _add.With(reached).With(now).Number() ?? 0;

    /// <summary>Starts again after a delivery.</summary>
    public void Reset(in Hash128 reached) => _reset.With(reached).Run();

    /// <summary>Forgets mailboxes that took no message before this time (ms since 1970 UTC), and none since.</summary>
    internal void Purge(long before) => _purge.With(before).Run();
}
