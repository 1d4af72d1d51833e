using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>
/// Stores orders of shoppers with a journey, and what they are attributed to. Rows of refunds have a negative value; they are computed anew
/// with each change of their order.
/// </summary>
public sealed class ConversionTable
{
    const string OfOrder = "store=?1 AND order_id=?2", IsRow = "value>=0";

    readonly Statement _add, _take, _attribute, _attributeRefunds, _has, _latest, _rows, _claims, _edit, _keep, _clear, _return;

    internal ConversionTable(Database database)
    {
        _add = database.Prepare("""
            INSERT OR IGNORE INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey, intervention, touch, order_id, product, received_at, lines)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
            """);
        _take = database.Prepare("""
            INSERT INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey, intervention, touch, order_id, received_at)
            SELECT ?2, store, ?3, ?4, subject, ?5, ?6, ?7, verified, journey, intervention, touch, order_id, ?8 FROM conversion WHERE rowid=?1
            """);
        _attribute = database.Prepare($"""
            UPDATE conversion SET intervention=?1, touch=?2
            WHERE subject=(SELECT subject FROM intervention WHERE id=?1) AND store=(SELECT store FROM intervention WHERE id=?1)
                AND at BETWEEN ?3 AND ?4 AND {IsRow} AND (touch IS NULL OR (touch='view' AND ?2='click'))
            """);
        _attributeRefunds = database.Prepare($"""
            UPDATE conversion SET (intervention, touch)=(
                SELECT o.intervention, o.touch FROM conversion o WHERE o.store=conversion.store AND o.order_id=conversion.order_id AND o.{IsRow} ORDER BY o.rowid LIMIT 1)
            WHERE subject=(SELECT subject FROM intervention WHERE id=?1) AND store=(SELECT store FROM intervention WHERE id=?1) AND value<0 AND order_id IS NOT NULL
                AND EXISTS(SELECT 1 FROM conversion o WHERE o.store=conversion.store AND o.order_id=conversion.order_id AND o.{IsRow})
            """);
        _has = database.Prepare("SELECT 1 FROM conversion WHERE cart=?1 AND at=?2 AND id=?3");
        _latest = database.Prepare($"SELECT order_id FROM conversion WHERE cart=?1 AND value>0 AND verified=?2 ORDER BY rowid DESC LIMIT 1");
        _rows = database.Prepare(
            $"SELECT journey, intervention, touch, currency, rowid, subject, value, product, received_at, lines FROM conversion WHERE {OfOrder} AND {IsRow} ORDER BY rowid");
        _claims = database.Prepare("SELECT count(*) FROM (SELECT 1 FROM conversion WHERE journey=?1 AND verified=0 LIMIT ?2)");
        _edit = database.Prepare("UPDATE conversion SET value=?2, currency=?3, product=?4, received_at=?5, lines=?6 WHERE rowid=?1");
        _keep = database.Prepare($"DELETE FROM conversion WHERE {OfOrder} AND {IsRow} AND rowid<>?3");
        _clear = database.Prepare($"DELETE FROM conversion WHERE {OfOrder} AND value<0");
        _return = database.Prepare($"UPDATE conversion SET returned=?4 WHERE {OfOrder} AND {IsRow} AND currency=?3");
    }

    /// <summary>Adds an order, or a line of it.</summary>
    /// <param name="e">The event.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="row">The row.</param>
    public void Add(CustomerEvent e, string store, OrderRow row) =>
        _add.With(e.Id).With(store).With(e.Cart).With(e.CartId).With(row.Subject).With(e.At).With(row.Value).With(row.Currency)
            .With(e.Standing == Standing.Server).With(row.Journey).With(row.Intervention).With(row.Touch).With(row.Order).With((long)row.Product)
            .With(row.ReceivedAt).With(OrderLines.Encode(row.Lines)).Run();

    /// <summary>Attributes orders and their refunds to a message whose click or view arrives after them. A click replaces a view.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="touch"><c>click</c> or <c>view</c>.</param>
    /// <param name="from">Time of the touch (ms since 1970 UTC).</param>
    /// <param name="to">End of its attribution window (ms since 1970 UTC).</param>
    public void Attribute(string intervention, string touch, long from, long to)
    {
        if (_attribute.With(intervention).With(touch).With(from).With(to).Run() > 0)
        {
            _attributeRefunds.With(intervention).Run();
        }
    }

    /// <summary>Returns whether the event is a row.</summary>
    public bool Has(CustomerEvent e) => _has.With(e.Cart).With(e.At).With(e.Id).Number() is not null;

    /// <summary>Returns the key of the cart's order that was received last; <see langword="null"/> if none counts.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="isVerified">Whether the server reported it.</param>
    public string? LatestOf(in Hash128 cart, bool isVerified)
    {
        if (!_latest.With(cart).With(isVerified).Next())
        {
            return null;
        }

        var order = _latest.TextOrNull(0);
        _latest.Reset();
        return order;
    }

    /// <summary>Returns an order's rows, the first one first: one, or one for each line. None if it does not count for a journey.</summary>
    public List<OrderRow> RowsOf(string store, string order)
    {
        var found = new List<OrderRow>();
        for (_rows.With(store).With(order); _rows.Next();)
        {
            found.Add(new OrderRow(_rows.Long(0), _rows.TextOrNull(1), _rows.TextOrNull(2), order, _rows.Text(3))
            {
                Number = _rows.Long(4),
                Subject = _rows.Key(5),
                Value = _rows.Long(6),
                Product = (ulong)_rows.Long(7),
                ReceivedAt = _rows.Long(8),
                Lines = OrderLines.Decode(_rows.Bytes(9)),
            });
        }

        return found;
    }

    /// <summary>Returns whether a journey has a number of rows that browsers claim.</summary>
    public bool HasClaims(long journey, int count) => _claims.With(journey).With((long)count).Number() >= count;

    /// <summary>Replaces the value, currency, product and lines of a row.</summary>
    public void Edit(OrderRow row) =>
        _edit.With(row.Number).With(row.Value).With(row.Currency).With((long)row.Product).With(row.ReceivedAt).With(OrderLines.Encode(row.Lines)).Run();

    /// <summary>Deletes all rows of an order but one.</summary>
    public void KeepOnly(string store, string order, OrderRow row) => _keep.With(store).With(order).With(row.Number).Run();

    /// <summary>Replaces the rows of an order's refunds.</summary>
    /// <param name="store">The store's id.</param>
    /// <param name="rows">The order's rows.</param>
    /// <param name="ledger">What its refunds take.</param>
    internal void SetRefunds(string store, IReadOnlyList<OrderRow> rows, OrderLedger ledger)
    {
        _clear.With(store).With(rows[0].Order).Run();
        foreach (var (refund, currency, amount) in ledger.Shares)
        {
            _take.With(rows[0].Number).With(refund.Event).With(refund.Cart).With(refund.CartId).With(refund.At).With(-amount).With(currency).With(refund.ReceivedAt).Run();
        }

        foreach (var currency in rows.Select(row => row.Currency).Distinct(StringComparer.Ordinal))
        {
            _return.With(store).With(rows[0].Order).With(currency).With(ledger.LeftIn(currency) == 0).Run();
        }
    }
}
