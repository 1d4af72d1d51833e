using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Storage;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Tables;

/// <summary>Orders and refunds of shoppers with a journey, and what they are attributed to.</summary>
public sealed class ConversionTable
{
    readonly Statement _add, _touchOf, _attribute;

    internal ConversionTable(Database database)
    {
        _add = database.Prepare("""
            INSERT OR IGNORE INTO conversion(id, store, cart, cart_id, subject, at, value, currency, verified, journey, intervention, touch)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """);
        _attribute = database.Prepare("""
            UPDATE conversion SET intervention=?1, touch=?2
            WHERE subject=(SELECT subject FROM intervention WHERE id=?1) AND store=(SELECT store FROM intervention WHERE id=?1)
                AND at BETWEEN ?3 AND ?4 AND (touch IS NULL OR (touch='view' AND ?2='click'))
            """);
        _touchOf = database.Prepare("""
            SELECT journey, intervention, touch FROM conversion WHERE cart=?1 AND value>0 AND at<=?2 ORDER BY at DESC LIMIT 1
            """);
    }

    /// <summary>Adds an order, or a refund if the value is negative.</summary>
    /// <param name="e">The event.</param>
    /// <param name="store">The store's id.</param>
    /// <param name="subject">The shopper.</param>
    /// <param name="value">The value, in <see cref="Money"/> units.</param>
    /// <param name="journey">The journey it counts for.</param>
    /// <param name="intervention">The message it is attributed to; <see langword="null"/> for none.</param>
    /// <param name="touch"><c>click</c> or <c>view</c>.</param>
    /// <param name="currency">ISO 4217 code.</param>
    public void Add(CustomerEvent e, string store, in Hash128 subject, long value, long journey, string? intervention, string? touch, string currency) =>
        _add.With(e.Id).With(store).With(e.Cart).With(e.CartId).With(subject).With(e.At).With(value).With(currency)
            .With(e.Standing == Standing.Server).With(journey).With(intervention).With(touch).Run();

    /// <summary>Attributes orders to a message whose click or view arrives after them. A click replaces a view.</summary>
    /// <param name="intervention">The message.</param>
    /// <param name="touch"><c>click</c> or <c>view</c>.</param>
    /// <param name="from">Time of the touch (ms since 1970 UTC).</param>
    /// <param name="to">End of its attribution window (ms since 1970 UTC).</param>
    public void Attribute(string intervention, string touch, long from, long to) =>
        _attribute.With(intervention).With(touch).With(from).With(to).Run();

    /// <summary>Returns the attribution of the cart's last order before this time; a refund gets the same.</summary>
    public (long Journey, string? Intervention, string? Touch)? OrderBefore(in Hash128 cart, long at)
    {
        if (!_touchOf.With(cart).With(at).Next())
        {
            return null;
        }

        var order = (_touchOf.Long(0), _touchOf.TextOrNull(1), _touchOf.TextOrNull(2));
        _touchOf.Reset();
        return order;
    }
}
