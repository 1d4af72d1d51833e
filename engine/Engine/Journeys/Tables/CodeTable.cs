using CartRecovery.Engine.Storage;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>A discount code that a message carried.</summary>
/// <param name="Intervention">The message.</param>
/// <param name="CartId">The cart of the message.</param>
/// <param name="Percent">The discount in percent.</param>
/// <param name="IssuedAt">When it was issued (ms since 1970 UTC).</param>
/// <param name="UsedAt">When it was redeemed; <see langword="null"/> if it was not.</param>
/// <param name="UsedBy">The cart that redeemed it.</param>
public sealed record IssuedCode(string Intervention, string CartId, double Percent, long IssuedAt, long? UsedAt, string? UsedBy);

/// <summary>Stores discount codes. Each is worth one order.</summary>
public sealed class CodeTable
{
    readonly Statement _issue, _find, _redeem, _purge;

    internal CodeTable(Database database)
    {
        _issue = database.Prepare("INSERT OR IGNORE INTO code(store, code, intervention, cart_id, percent, issued_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _find = database.Prepare("SELECT intervention, cart_id, percent, issued_at, used_at, used_by FROM code WHERE store=?1 AND code=?2");
        _redeem = database.Prepare("UPDATE code SET used_at=?4, used_by=?3 WHERE store=?1 AND code=?2 AND used_at IS NULL");
        _purge = database.Prepare("DELETE FROM code WHERE (store, code) IN (SELECT store, code FROM code WHERE issued_at<?1 LIMIT 1000)");
    }

    /// <summary>Records a code that a message carries. Idempotent.</summary>
    public void Issue(string store, string code, string intervention, string cartId, double percent, long now) =>
        _issue.With(store).With(code).With(intervention).With(cartId).With((double?)percent).With(now).Run();

    /// <summary>Returns an issued code, or <see langword="null"/>.</summary>
    public IssuedCode? Find(string store, string code)
    {
        if (!_find.With(store).With(code).Next())
        {
            return null;
        }

        var found = new IssuedCode(_find.Text(0), _find.Text(1), _find.DoubleOrNull(2) ?? 0, _find.Long(3), _find.LongOrNull(4), _find.TextOrNull(5));
        _find.Reset();
        return found;
    }

    /// <summary>Redeems a code for a cart.</summary>
    /// <returns>The code as it is now; redeemed by another cart if that one was first. <see langword="null"/> for an unknown code.</returns>
    public IssuedCode? Redeem(string store, string code, string cartId, long now)
    {
        _redeem.With(store).With(code).With(cartId).With(now).Run();
        return Find(store, code);
    }

    /// <summary>Deletes up to a thousand codes issued before a time (ms since 1970 UTC).</summary>
    internal void Purge(long before) => _purge.With(before).Run();
}
