namespace CartRecovery.Engine.Journeys.Experiments;

/// <summary>Samples a beta distribution from two gamma variates (Marsaglia and Tsang, 2000).</summary>
/// <param name="random">The source of randomness.</param>
sealed class BetaSampler(Random random)
{
    /// <summary>Draws a sample.</summary>
    /// <param name="a">1 or more.</param>
    /// <param name="b">1 or more.</param>
    public double Next(double a, double b)
    {
        var x = Gamma(a);
        return x / (x + Gamma(b));
    }

    double Gamma(double shape)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = 1 + (c * x);
            if (v <= 0)
            {
                continue;
            }

            v = v * v * v;
            if (Math.Log(1 - random.NextDouble()) < (0.5 * x * x) + (d * (1 - v + Math.Log(v))))
            {
                return d * v;
            }
        }
    }

    double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
