using CartRecovery.Engine.Scoring.Canary;

namespace CartRecovery.Tests.Scoring.Canary;

public sealed class ConfidenceSequenceTests
{
    const double Alpha = 0.05;

    // What a shop does: it looks after every cart once there are 50 orders, and most carts bring nothing.
    [Test]
    public void Looking_after_every_value_is_wrong_at_most_as_often_as_promised()
    {
        const int Sequences = 600, Values = 3000, First = 50;
        var random = new Random(1);
        var (wrong, naive) = (0, 0);
        for (var sequence = 0; sequence < Sequences; sequence++)
        {
            var (values, bought, isWrong, isNaivelyWrong) = (new ConfidenceSequence(), 0, false, false);
            for (var i = 1; i <= Values; i++)
            {
                var isBought = random.NextDouble() < 0.1;
                bought += isBought ? 1 : 0;
                values.Add(isBought ? -20 * Math.Log(1 - random.NextDouble()) : 0);
                var error = Math.Abs(values.Mean - 2);
                isWrong |= bought >= First && error > values.HalfWidth(Alpha);
                isNaivelyWrong |= bought >= First && error > 1.96 * Math.Sqrt(values.Variance / i);
            }

            wrong += isWrong ? 1 : 0;
            naive += isNaivelyWrong ? 1 : 0;
        }

        Assert.That(wrong, Is.LessThanOrEqualTo(Sequences * Alpha), "the interval holds at all times");
        Assert.That(naive, Is.GreaterThan(Sequences * 4 * Alpha), "an interval for one look does not");
    }

    [Test]
    public void The_interval_narrows_with_values()
    {
        var values = new ConfidenceSequence();
        Assert.That(values.HalfWidth(Alpha), Is.EqualTo(double.PositiveInfinity));
        var widths = new List<double>();
        for (var i = 0; i < 100_000; i++)
        {
            values.Add(i % 2);
            if (i is 99 or 999 or 9999 or 99_999)
            {
                widths.Add(values.HalfWidth(Alpha));
            }
        }

        Assert.That((values.Count, values.Mean, values.Variance), Is.EqualTo((100_000, 0.5, 0.25)).Within(1e-9));
        Assert.That(widths, Is.Ordered.Descending);
        Assert.That(widths[1], Is.InRange(1.96 * Math.Sqrt(0.25 / 1000), 2 * 1.96 * Math.Sqrt(0.25 / 1000)), "less than twice the width of an interval for one look");
    }
}
