using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
    public const byte CurrentVersion = 3;

    /// <summary>The customer's orders.</summary>
    public CustomerHistory History;

    /// <summary>Which fields the record's writer knew; raised when a field takes bytes of <see cref="Reserved"/>.</summary>
    public byte Version;

    /// <summary>Space for new fields; all zero.</summary>
    public CustomerReserve Reserved;

    /// <summary>
    /// The latest orders that named their id, the latest first: <see cref="RecentOrder"/>; 0 for none. In bytes that were 0 in version 1, and
    /// were their keys in version 2.
    /// </summary>
    public RecentOrders Recent;
}

/// <summary>Orders, each in 64 bits.</summary>
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
