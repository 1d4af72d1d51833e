using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CartRecovery.Engine.State.Carts;

/// <summary>A product in a cart.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CartLine
{
    /// <summary>The <see cref="Product"/> of a line that several products of one currency share, because there are too few lines.</summary>
    public const ulong Combined = ulong.MaxValue;

    /// <summary>The key of the product's id; 0 for none.</summary>
    public ulong Product;

    /// <summary>The total price of the units.</summary>
    public long Value;

    /// <summary>The quantity, in thousandths; whole units before version 3 of the record. Saturates.</summary>
    public int Units;

    /// <summary>The ISO 4217 code of <see cref="Value"/>, first letter lowest; 0 for the cart's.</summary>
    public uint Currency;

    /// <summary>The quantity in units.</summary>
    public readonly decimal Quantity => Primitives.Quantity.ToDecimal(Units);
}

/// <summary>The cart's lines.</summary>
[InlineArray(Capacity)]
public struct CartLines
{
    public const int Capacity = 7;
    CartLine _first;
}
