using CartRecovery.Engine.Journeys.Policy;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Finds the offers that wait for their shopper among the messages: scheduled ones without a stream to write to.</summary>
public sealed class OfferTable
{
    readonly Statement _wake, _wakeAll, _ofCart, _all, _hasScheduled, _hasOthers, _isUnseen;

    internal OfferTable(Database database)
    {
        var waiting = $"state={MessageState.Scheduled:D} AND reason={WithheldReason.Unreachable:D}";
        const string Cart = "journey IN (SELECT id FROM journey WHERE subject=?1 AND cart=?1 UNION ALL SELECT id FROM journey WHERE cart=?1 AND subject<>cart)";
        _wake = database.Prepare($"UPDATE intervention SET due_at=?2 WHERE {waiting} AND {Cart}");
        _wakeAll = database.Prepare($"UPDATE intervention SET due_at=?1 WHERE {waiting}");
        _ofCart = database.Prepare($"SELECT id, journey FROM intervention WHERE {waiting} AND {Cart} LIMIT 64");
        _all = database.Prepare($"SELECT cart, store FROM intervention WHERE {waiting} ORDER BY decided_at");
        _hasScheduled = database.Prepare($"SELECT 1 FROM intervention WHERE journey=?1 AND state={MessageState.Scheduled:D} LIMIT 1");
        var others = $"SELECT 1 FROM intervention WHERE journey=?1 AND id<>?2 AND state<>{MessageState.Withheld:D}";
        _hasOthers = database.Prepare($"{others} LIMIT 1");
        _isUnseen = database.Prepare($"""
            SELECT 1 FROM intervention WHERE journey=?1 AND state={MessageState.Withheld:D} AND reason={WithheldReason.Unreachable:D} AND NOT EXISTS ({others}) LIMIT 1
            """);
    }

    /// <summary>Makes a cart's waiting offers due.</summary>
    /// <returns>Their number.</returns>
    public int Wake(in Hash128 cart, long now) => _wake.With(cart).With(now).Run();

    /// <summary>Makes all waiting offers due.</summary>
    public void WakeAll(long now) => _wakeAll.With(now).Run();

    /// <summary>Returns a cart's waiting offers and their journeys.</summary>
    public List<(string Id, long Journey)> Of(in Hash128 cart)
    {
        var found = new List<(string, long)>();
        _ofCart.With(cart);
        while (_ofCart.Next())
        {
            found.Add((_ofCart.Text(0), _ofCart.Long(1)));
        }

        return found;
    }

    /// <summary>Returns the carts whose offers wait and their stores, the longest waiting first.</summary>
    public List<(Hash128 Cart, string Store)> All()
    {
        var found = new List<(Hash128, string)>();
        while (_all.Next())
        {
            found.Add((_all.Key(0), _all.Text(1)));
        }

        return found;
    }

    /// <summary>Returns whether a journey has another message that was sent, or is still to come.</summary>
    public bool HasOthers(long journey, string message) => _hasOthers.With(journey).With(message).Number() is not null;

    /// <summary>Returns whether all that a journey had to send were offers that nobody saw.</summary>
    public bool IsUnseen(long journey) => _isUnseen.With(journey).With("").Number() is not null;

    /// <summary>Returns whether a journey has a scheduled message.</summary>
    public bool HasScheduled(long journey) => _hasScheduled.With(journey).Number() is not null;
}
