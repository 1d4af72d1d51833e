using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Journeys.Tables;
using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Manual;

/// <summary>Reads and changes rows of messages for manual changes.</summary>
sealed class ManualMessageTable
{
    readonly Statement _read, _find, _change;

    public ManualMessageTable(Database database)
    {
        _read = database.Prepare("SELECT state, reason, due_at, useful_until FROM intervention WHERE id=?1");
        _find = database.Prepare("SELECT journey, step, state FROM intervention WHERE id=?1 AND store=?2");
        _change = database.Prepare($"""
            UPDATE intervention SET useful_until=useful_until-due_at+coalesce(?2, due_at), due_at=coalesce(?2, due_at), reason={WithheldReason.None:D},
                offer=coalesce(?3, offer), propensity=CASE WHEN ?3 IS NULL THEN propensity ELSE 1 END
            WHERE id=?1 AND state={MessageState.Scheduled:D}
            """);
    }

    /// <summary>Returns a message's state and times; <see langword="null"/> if there is no such message.</summary>
    public ManualMessage? Read(string id)
    {
        if (!_read.With(id).Next())
        {
            return null;
        }

        var found = new ManualMessage(id, (MessageState)_read.Int(0), (WithheldReason)_read.Int(1), _read.Long(2), _read.Long(3));
        _read.Reset();
        return found;
    }

    /// <summary>Returns the journey, the step and the state of a store's message; <see langword="null"/> if there is no such message.</summary>
    public (long Journey, int Step, MessageState State)? Find(string storeId, string id)
    {
        if (!_find.With(id).With(storeId).Next())
        {
            return null;
        }

        var found = (_find.Long(0), _find.Int(1), (MessageState)_find.Int(2));
        _find.Reset();
        return found;
    }

    /// <summary>Changes a scheduled message. Sets the propensity of a chosen offer to 1: it was not drawn.</summary>
    /// <param name="id">The message.</param>
    /// <param name="at">The new due time (ms since 1970 UTC), which moves the expiry as well; <see langword="null"/> to keep it.</param>
    /// <param name="offer">The name of the new offer; <see langword="null"/> to keep it.</param>
    public void Change(string id, long? at, string? offer) => _change.With(id).With(at).With(offer).Run();
}
