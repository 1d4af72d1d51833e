using System.Numerics;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>1 / (1 + e^−z) of a vector, within a few units in the last place, with the same bits on every machine: plain IEEE additions,
/// multiplications and one division, in a fixed order, where the framework's may be fused.</summary>
internal static class Sigmoid
{
    // e^x = 2^n · e^r with n = round(x / ln 2) and |r| ≤ ln 2 / 2: ln 2 in two parts, of which n times the first is exact (Cody and
    // Waite 1980), and e^r as its Taylor series, whose next term, r^8 / 8!, is less than a float can show.
    private const float InverseLn2 = 1.44269504f, Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    // Added to a number of less than 22 bits, it leaves the nearest whole number in the last bits.
    private const float Rounder = 3 << 22;

    // Beyond, the sigmoid is 0 or 1 to a float, and 2^n would not be one.
    private const float Limit = 87;

    internal static Vector<float> Of(Vector<float> z)
    {
        Vector<float> limit = new(Limit), one = Vector<float>.One, rounder = new(Rounder);
        var x = -z;
        x = Vector.ConditionalSelect(Vector.GreaterThan(x, limit), limit, x); // NaN stays NaN
        x = Vector.ConditionalSelect(Vector.LessThan(x, -limit), -limit, x);
        var shifted = x * new Vector<float>(InverseLn2) + rounder;
        var n = shifted - rounder;
        var r = x - n * new Vector<float>(Ln2High) - n * new Vector<float>(Ln2Low);
        var e = new Vector<float>(1 / 5040f);
        e = e * r + new Vector<float>(1 / 720f);
        e = e * r + new Vector<float>(1 / 120f);
        e = e * r + new Vector<float>(1 / 24f);
        e = e * r + new Vector<float>(1 / 6f);
        e = e * r + new Vector<float>(0.5f);
        e = e * r + one;
        e = e * r + one;
        var power = Vector.AsVectorSingle((Vector.AsVectorInt32(shifted) << 23) + Vector.AsVectorInt32(one));
        return one / (one + e * power);
    }
}
