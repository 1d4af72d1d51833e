using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;

namespace CartRecovery.Engine.State.Carts;

/// <summary>
/// Recognises programs by the rhythm in which they turn from product to product. Each turn that is as long as the one before it, or shorter than
/// a person can read a page, counts one up; any other counts two down. People, who hardly ever do either, do not come near the limit.
/// </summary>
static class BotTiming
{
    // Shorter carts are left alone: nothing can be said of them, and their records' line need not be in the cache.
    const int MinEvents = 16;

    const int Limit = 16;

    // In milliseconds. A page that reports all products of a list at once is no program; the next page after less than the second is one.
    const long Burst = 10, Fastest = 150;

    // How far two turns may differ and still be equal: in milliseconds, and as a part of their length.
    const long Jitter = 15, JitterPart = 64;

    // The unit of the persisted length, in milliseconds: longer ones than eleven minutes are all the same.
    const long Unit = 10;

    /// <summary>Returns whether an event turns to another product, late enough in a session to be counted.</summary>
    public static bool IsTurn(in CartRecord cart, in EventRecord e) =>
        cart.SessionEvents >= MinEvents && e.Product != cart.LastProduct && cart.LastProduct != 0 && (e.Session == 0 || e.Session == cart.Session);

    /// <summary>Counts a turn to another product. Takes its time from the events alone, as the fold does.</summary>
    /// <param name="cart">The cart before the turn.</param>
    /// <param name="turn">The time since the last turn, in milliseconds.</param>
    /// <returns>Whether the cart is a bot's by this turn.</returns>
    public static bool Count(ref CartRecord cart, long turn)
    {
        if (turn < Burst)
        {
            return false;
        }

        var last = cart.LastTurn * Unit;
        var isAlike = last != 0 && Math.Abs(turn - last) <= Math.Max(Jitter, turn / JitterPart);
        cart.LastTurn = (ushort)Math.Min(turn / Unit, ushort.MaxValue);
        if (turn >= Fastest && !(isAlike && cart.LastTurn < ushort.MaxValue))
        {
            cart.Suspicion = (byte)Math.Max(0, cart.Suspicion - 2);
            return false;
        }

        cart.Suspicion = (byte)Math.Min(cart.Suspicion + 1, byte.MaxValue);
        if (cart.Suspicion < Limit || cart.Bot != BotEvidence.None)
        {
            return false;
        }

        cart.Bot = BotEvidence.Timing;
        return true;
    }
}
