using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.Events;

namespace CartRecovery.Engine.State.Customers;

/// <summary>
/// The state of one customer across carts, of fixed width. The layout is persisted: a new field takes bytes of <see cref="Reserved"/>, and
/// 0 in it means "never". Any other change needs a new <see cref="Shape"/> and a conversion.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct CustomerRecord
{
    /// <summary>The number of this layout in checkpoints. 3 was <see cref="CustomerRecordVersion3"/>.</summary>
    public const int Shape = 4;

    /// <summary>The current value of <see cref="Version"/>.</summary>
    public const byte CurrentVersion = 2;

    /// <summary>The customer's orders.</summary>
    public CustomerHistory History;

    /// <summary>Which fields the record's writer knew; raised when a field takes bytes of <see cref="Reserved"/>.</summary>
    public byte Version;

    /// <summary>Space for new fields; all zero.</summary>
    public CustomerReserve Reserved;

    /// <summary>The keys of the latest orders that named their id, the latest first; 0 for none. In bytes that were 0 in version 1.</summary>
    public RecentOrders Recent;
}

/// <summary>Keys of orders.</summary>
[InlineArray(Capacity)]
public struct RecentOrders
{
    public const int Capacity = 3;
    ulong _first;
}

/// <summary>Unused bytes of a customer's record.</summary>
[InlineArray(Size)]
public struct CustomerReserve
{
    public const int Size = 7;
    byte _first;
}

/// <summary>Applies events to customers' records. An order reported again counts once, and a cancelled one does not count.</summary>
public readonly struct CustomerUpdate : IRecordUpdate<CustomerRecord, CustomerInput>
{
    /// <inheritdoc/>
    public bool MayCreate(in CustomerInput input) => true;

    /// <inheritdoc/>
    public void Apply(ref CustomerRecord record, ref CustomerInput input)
    {
        record.Version = CustomerRecord.CurrentVersion;
        Span<ulong> recent = record.Recent;
        // A cancelled order's key is kept inverted.
        var isCancelled = input.Order != 0 && recent.Contains(~input.Order);
        var isKnown = isCancelled || (input.Order != 0 && recent.Contains(input.Order));
        if (input.Type == EventType.OrderCancelled)
        {
            // Of the latest orders alone: one that is not known may have been cancelled before, or never counted.
            if (isKnown && !isCancelled)
            {
                Cancel(ref record.History);
                recent.Replace(input.Order, ~input.Order);
            }
        }
        else if (input.Type != EventType.Purchase || !isKnown)
        {
            record.History.Fold(input);
        }

        if (input.Type == EventType.Purchase && input.Order != 0 && !isKnown)
        {
            recent[..^1].CopyTo(recent[1..]);
            recent[0] = input.Order;
        }
    }

    // Its own value is not kept: the mean stays as it is.
    static void Cancel(ref CustomerHistory history)
    {
        if (history.Orders == 0)
        {
            return;
        }

        if (history.Orders > history.ForeignOrders)
        {
            history.OrderValue -= history.OrderValue / (history.Orders - history.ForeignOrders);
        }
        else
        {
            history.ForeignOrders--;
        }

        history.Orders--;
        history.DiscountedOrders = Math.Min(history.DiscountedOrders, history.Orders);
    }
}
