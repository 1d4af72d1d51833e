using System.Numerics;

namespace CartRecovery.Engine.Scoring.Trees;

/// <summary>
/// Computes 1 / (1 + e^−z) of a vector within a few ulp, bit-identical on every machine: plain IEEE additions and multiplications and one
/// division in a fixed order, where the framework's may be fused.
/// </summary>
static class Sigmoid
{
    // e^x = 2^n · e^r with n = round(x / ln 2) and |r| ≤ ln 2 / 2. ln 2 is split in two so that n times the first part is exact (Cody and
    // Waite 1980); e^r is its Taylor series up to a term below float precision: r^8 / 8!.
    const float InverseLn2 = 1.44269504f, Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    // Adding it to a number below 2^22 leaves the nearest integer in the low bits.
    const float Rounder = 3 << 22;

    // Beyond this the sigmoid is 0 or 1 in float precision, and 2^n would overflow.
    const float Limit = 87;

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
