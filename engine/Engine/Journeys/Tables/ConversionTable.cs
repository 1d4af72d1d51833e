using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>An order as it is counted.</summary>
/// <param name="Journey">The journey it counts for.</param>
/// <param name="Intervention">The message it is attributed to; <see langword="null"/> for none.</param>
/// <param name="Touch"><c>click</c> or <c>view</c>.</param>
/// <param name="Order">Its key: <see cref="OrderKey"/>.</param>
/// <param name="Currency">ISO 4217 code.</param>
public sealed record OrderRow(long Journey, string? Intervention, string? Touch, string Order, string Currency)
{
    /// <summary>The shopper.</summary>
    public Hash128 Subject { get; init; }
}

/// <summary>Orders and refunds of shoppers with a journey, and what they are attributed to.</summary>
public sealed class ConversionTable
{
    const string Row = "SELECT journey, intervention, touch, coalesce(order_id, ''), currency, subject FROM conversion";

    readonly Statement _add, _before, _order, _attribute, _has, _otherLines, _value, _refunded, _edit, _editLines;

    internal ConversionTable(Database database)
    {
        _add = database.Prepare("""
            INSERT OR IGNORE INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey, intervention, touch, order_id, product)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """);
        _attribute = database.Prepare("""
            UPDATE conversion SET intervention=?1, touch=?2
            WHERE subject=(SELECT subject FROM intervention WHERE id=?1) AND store=(SELECT store FROM intervention WHERE id=?1)
                AND at BETWEEN ?3 AND ?4 AND (touch IS NULL OR (touch='view' AND ?2='click'))
            """);
        _before = database.Prepare($"{Row} WHERE cart=?1 AND value>0 AND at<=?2 AND verified=?3 ORDER BY at DESC, rowid DESC LIMIT 1");
        _order = database.Prepare($"{Row} WHERE store=?1 AND order_id=?2 AND value>0 LIMIT 1");
        _has = database.Prepare("SELECT 1 FROM conversion WHERE cart=?1 AND at=?2 AND id=?3");
        _otherLines = database.Prepare("SELECT 1 FROM conversion WHERE store=?1 AND order_id=?2 AND value>0 AND product NOT IN (0, ?3) "
            + "AND NOT EXISTS (SELECT 1 FROM conversion WHERE store=?1 AND order_id=?2 AND value>0 AND product IN (0, ?3)) LIMIT 1");
        _value = database.Prepare("SELECT coalesce(sum(value), 0) FROM conversion WHERE store=?1 AND order_id=?2");
        _refunded = database.Prepare("SELECT coalesce(sum(value), 0) FROM conversion WHERE store=?1 AND order_id=?2 AND value<0");
        _edit = database.Prepare("UPDATE conversion SET value=?3, currency=?4 WHERE rowid=(SELECT rowid FROM conversion WHERE store=?1 AND order_id=?2 AND value>=0 "
            + "ORDER BY product=?5 DESC, rowid LIMIT 1)");
        _editLines = database.Prepare("DELETE FROM conversion WHERE ?3=0 AND store=?1 AND order_id=?2 AND value>=0 AND rowid>(SELECT min(rowid) FROM conversion "
            + "WHERE store=?1 AND order_id=?2 AND value>=0)");
    }

    /// <summary>Adds an order or a line of it, or a refund if the value is negative.</summary>
    /// <param name="e">The event.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="subject">The shopper.</param>
    /// <param name="value">The value, in <see cref="Money"/> units.</param>
    /// <param name="order">The order, and what it is attributed to.</param>
    public void Add(CustomerEvent e, string store, in Hash128 subject, long value, OrderRow order) =>
        _add.With(e.Id).With(store).With(e.Cart).With(e.CartId).With(subject).With(e.At).With(value).With(order.Currency)
            .With(e.Standing == Standing.Server).With(order.Journey).With(order.Intervention).With(order.Touch).With(order.Order).With((long)e.Product).Run();

    /// <summary>Attributes orders to a message whose click or view arrives after them. A click replaces a view.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="touch"><c>click</c> or <c>view</c>.</param>
    /// <param name="from">Time of the touch (ms since 1970 UTC).</param>
    /// <param name="to">End of its attribution window (ms since 1970 UTC).</param>
    public void Attribute(string intervention, string touch, long from, long to) =>
        _attribute.With(intervention).With(touch).With(from).With(to).Run();

    /// <summary>Returns whether the event is counted already.</summary>
    public bool Has(CustomerEvent e) => _has.With(e.Cart).With(e.At).With(e.Id).Number() is not null;

    /// <summary>Returns the cart's last order before this time; a refund gets the same attribution.</summary>
    /// <param name="cart">The cart.</param>
    /// <param name="at">Milliseconds since 1970 UTC.</param>
    /// <param name="isVerified">Whether the server told of it.</param>
    public OrderRow? OrderBefore(in Hash128 cart, long at, bool isVerified) => Read(_before.With(cart).With(at).With(isVerified));

    /// <summary>Returns an order, or <see langword="null"/> if it does not count for a journey.</summary>
    public OrderRow? OrderOf(string store, string order) => Read(_order.With(store).With(order));

    /// <summary>Returns whether all the order's events so far are lines of other products.</summary>
    public bool HasOtherLines(string store, string order, ulong product) => _otherLines.With(store).With(order).With((long)product).Number() is not null;

    /// <summary>Returns what is left of an order, in <see cref="Money"/> units.</summary>
    public long ValueOf(string store, string order) => _value.With(store).With(order).Number() ?? 0;

    /// <summary>Returns the sum of an order's refunds, 0 or negative.</summary>
    public long RefundedOf(string store, string order) => _refunded.With(store).With(order).Number() ?? 0;

    /// <summary>Sets the value of an order's line; that of the whole order if the event names no product.</summary>
    public void Edit(string store, string order, ulong product, long value, string currency)
    {
        _editLines.With(store).With(order).With((long)product).Run();
        _edit.With(store).With(order).With(value).With(currency).With((long)product).Run();
    }

    static OrderRow? Read(Statement row)
    {
        if (!row.Next())
        {
            return null;
        }

        var order = new OrderRow(row.Long(0), row.TextOrNull(1), row.TextOrNull(2), row.Text(3), row.Text(4)) { Subject = row.Key(5) };
        row.Reset();
        return order;
    }
}
