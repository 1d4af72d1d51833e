using System.Runtime.InteropServices;
using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Events.Identity;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journeys.Orders;

/// <summary>Identifies an order of a store.</summary>
/// <param name="Text">Its key in the tables: of its id; else of its cart and time, as an order may be several events, one for each product.</param>
/// <param name="IsNamed">Whether the event names the order's id.</param>
readonly record struct OrderKey(string Text, bool IsNamed)
{
    /// <summary>Returns the order of an event.</summary>
    public static OrderKey Of(CustomerEvent e) =>
        (OrderId.TextOf(e.Meta), e.Standing == Standing.Server) switch
        {
            ({ } id, true) => new($"o:{id}", true),
            // A browser cannot change the orders that the server reports.
            ({ } id, false) => new($"b:{HexOf(e.Cart)}:{id}", true),
            (_, true) => new(FormattableString.Invariant($"{UnnamedIn(e.Cart)}{e.At}"), false),
            _ => new(FormattableString.Invariant($"d:{HexOf(e.Cart)}:{e.At}"), false),
        };

    /// <summary>Returns whether a key is that of an order which a browser claims.</summary>
    public static bool IsClaim(string key) => key[0] is 'b' or 'd';

    /// <summary>Returns how the keys of a cart's orders begin that the store's server reported without an id.</summary>
    public static string UnnamedIn(in Hash128 cart) => $"c:{HexOf(cart)}:";

    static string HexOf(in Hash128 key) => Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<Hash128>(in key)));
}
