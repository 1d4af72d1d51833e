using CartRecovery.Engine.Events;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.State.Customers;

/// <summary>
/// Applies events to customers' records. Of the latest orders an order told again counts once, an edited one with its last value, a
/// refunded one with what is left of it, and a cancelled one not at all.
/// </summary>
public readonly struct CustomerUpdate : IRecordUpdate<CustomerRecord, CustomerInput>
{
    const byte HasValues = 3;

    /// <inheritdoc/>
    public bool MayCreate(in CustomerInput input) => true;

    /// <inheritdoc/>
    public void Apply(ref CustomerRecord record, ref CustomerInput input)
    {
        Span<ulong> recent = record.Recent;
        if (record.Version < HasValues)
        {
            foreach (ref var order in recent)
            {
                order = RecentOrder.OfKey(order).Bits;
            }
        }

        record.Version = CustomerRecord.CurrentVersion;
        var at = IndexOf(recent, input);
        var known = at < 0 ? default : new RecentOrder(recent[at]).For(input.Order);
        if (input.Type == EventType.Purchase && !input.NamesCurrency && (at < 0 ? record.History.ForeignOrders > 0 : known.IsForeign))
        {
            // An edit has the order's currency. A new order of a customer who has bought in several may be in any, so no mean has it.
            input = input with { IsForeign = true };
        }

        switch (input.Type)
        {
            case EventType.Purchase when at >= 0:
                recent[at] = Edit(ref record.History, known, input).Bits;
                break;
            case EventType.OrderCancelled:
                // Of the latest orders alone: one that is not known may have been cancelled before, or never counted.
                if (at >= 0 && !known.IsCancelled)
                {
                    Cancel(ref record.History, known);
                    recent[at] = known.Cancel().Bits;
                }

                break;
            case EventType.Refund when at >= 0:
                record.History.Fold(input);
                recent[at] = Refund(ref record.History, known, input).Bits;
                break;
            default:
                record.History.Fold(input);
                if (input.Type == EventType.Purchase && input.Order != 0)
                {
                    recent[..^1].CopyTo(recent[1..]);
                    recent[0] = RecentOrder.Of(input.Order, input.Amount, input.IsForeign, !input.IsLine).Bits;
                }

                break;
        }
    }

    // A refund that names no order is of the latest.
    static int IndexOf(ReadOnlySpan<ulong> recent, in CustomerInput input)
    {
        if (input.Order == 0)
        {
            return input.Type == EventType.Refund && recent[0] != 0 ? 0 : -1;
        }

        for (var i = 0; i < recent.Length; i++)
        {
            if (new RecentOrder(recent[i]).Is(input.Order))
            {
                return i;
            }
        }

        return -1;
    }

    // The last total is the order's value, and its refunds stay; before a total, lines add up.
    static RecentOrder Edit(ref CustomerHistory history, RecentOrder order, in CustomerInput input)
    {
        if (order.IsCancelled || order.IsUnknown || order.IsForeign != input.IsForeign || (input.IsLine && order.IsTotal))
        {
            return order;
        }

        var edited = order.WithValue(input.IsLine ? Money.Add(order.Value, input.Amount) : input.Amount, !input.IsLine);
        Add(ref history, order, edited.Left - order.Left);
        return edited;
    }

    static RecentOrder Refund(ref CustomerHistory history, RecentOrder order, in CustomerInput input)
    {
        if (order.IsCancelled || order.IsUnknown || (input.IsForeign && !order.IsForeign))
        {
            return order;
        }

        var refunded = order.WithRefunded(order.Refunded + (input.IsWhole ? order.Left : Math.Min(order.Left, input.Amount)));
        Add(ref history, order, refunded.Left - order.Left);
        return refunded;
    }

    static void Add(ref CustomerHistory history, RecentOrder order, long amount) =>
        history.OrderValue = order.IsForeign ? history.OrderValue : Math.Max(0, Money.Add(history.OrderValue, amount));

    static void Cancel(ref CustomerHistory history, RecentOrder order)
    {
        if (history.Orders == 0)
        {
            return;
        }

        if (!order.IsUnknown)
        {
            Add(ref history, order, -order.Left);
            history.ForeignOrders -= order.IsForeign && history.ForeignOrders > 0 ? (ushort)1 : (ushort)0;
        }
        else if (history.Orders > history.ForeignOrders)
        {
            // Its own value was not kept: the mean stays as it is.
            history.OrderValue -= history.OrderValue / (history.Orders - history.ForeignOrders);
        }
        else
        {
            history.ForeignOrders--;
        }

        history.Orders--;
        history.OrderValue = history.Orders == history.ForeignOrders ? 0 : history.OrderValue;
        history.DiscountedOrders = Math.Min(history.DiscountedOrders, history.Orders);
    }
}
