using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Canary;

/// <summary>
/// Selects the carts that are followed, by a hash, at a rate that fits how many can be followed at once: taking all until there are too many would follow bursts.
/// The larger arm is thinned to four times the smaller. Both arms' rates change alike, so that carts of one time are compared. One thread.
/// </summary>
/// <param name="horizon">How long a cart is followed (ms).</param>
/// <param name="capacity">How many are followed at once, at most.</param>
sealed class CartSample(long horizon, int capacity)
{
    const int Slices = 16;

    // The larger arm's multiple of the smaller: more hardly narrows an interval of their difference.
    const double Multiple = 4;

    // Of the capacity; the rest is for arrivals that rise.
    const double Used = 0.75;

    readonly long _slice = Math.Max(1, horizon / Slices);
    long _began = long.MinValue;
    long _arrivals;
    double _rate = 1;

    /// <summary>Returns whether a cart's arm follows it, before the rate.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="isCanary">Whether the canary decides for it.</param>
    /// <param name="share">The canary's share of shoppers, 0–100.</param>
    public static bool IsInArm(in Hash128 cart, bool isCanary, float share)
    {
        var canary = share / 100.0;
        var (own, other) = isCanary ? (canary, 1 - canary) : (1 - canary, canary);
        return own is <= 0 or >= 1 || other <= 0 || PlaceOf(cart) < Multiple * other / own;
    }

    /// <summary>Counts a cart of an arm, and returns whether it is followed.</summary>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">When it began (ms since 1970 UTC).</param>
    public bool Takes(in Hash128 cart, long at)
    {
        if (_began == long.MinValue)
        {
            _began = at;
        }
        else if (at - _began >= _slice)
        {
            var slices = (at - _began) / _slice;
            _rate = Math.Min(1, Used * capacity * slices / (Slices * (double)Math.Max(_arrivals, 1)));
            (_began, _arrivals) = (at, 0);
        }

        _arrivals++;

        // Other bits than the arm's.
        return (cart.Low * 0x9e3779b97f4a7c15 >> 11) * (1.0 / (1L << 53)) < _rate;
    }

    static double PlaceOf(in Hash128 cart) => (cart.High * 0x9e3779b97f4a7c15 >> 11) * (1.0 / (1L << 53));
}
