using CartRecovery.Engine.Learning.Calibration;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Calibration;

public sealed class CalibrationTests
{
    [Test]
    public void Platt_recovers_the_line_that_the_log_odds_were_distorted_by()
    {
        var (logits, labels, truth) = Draw(20_000, z => 0.5 * z - 1);
        var platt = PlattCalibration.Fit(logits, labels)!;
        for (var i = 0; i < 1000; i++)
        {
            Assert.That(platt.Apply(logits[i]), Is.EqualTo(truth[i]).Within(0.02));
        }
    }

    [Test]
    public void Platt_refuses_to_turn_the_order_round_and_survives_separable_labels()
    {
        Assert.That(PlattCalibration.Fit([-1, 0, 1, 2], [1, 1, 0, 0]), Is.Null);
        var platt = PlattCalibration.Fit([-2, -1, 1, 2], [0, 0, 1, 1])!;
        Assert.That(platt.Apply(1), Is.InRange(0.6f, 0.95f));
    }

    [Test]
    public void Isotonic_steps_never_fall_and_follow_a_curve_that_no_line_does()
    {
        static double Curve(double z) => z < 0 ? -3 : 4 * z - 3;
        var (logits, labels, truth) = Draw(40_000, Curve);
        var isotonic = IsotonicCalibration.Fit(logits, labels);
        Assert.That(isotonic.Values.ToArray(), Is.Ordered.Ascending.And.All.InRange(0.0001f, 0.9999f));
        Assert.That(isotonic.Values.Length, Is.InRange(5, IsotonicCalibration.MaxSteps));
        Assert.That(Enumerable.Range(0, 2000).Average(i => Math.Abs(isotonic.Apply(logits[i]) - truth[i])), Is.LessThan(0.02));
        Assert.That(isotonic.Apply(float.NaN), Is.EqualTo(isotonic.Values[0]));
    }

    [Test]
    public void Isotonic_pools_violators_to_the_mean_of_their_rows()
    {
        // Three bins of 25 rows with 20, 5 and 25 positive ones: the first two violate the order.
        float[] logits = [.. Enumerable.Range(0, 75).Select(i => (float)(i / 25))];
        byte[] labels = [.. Enumerable.Range(0, 75).Select(i => (byte)(i % 25 < (i / 25) switch { 0 => 20, 1 => 5, _ => 25 } ? 1 : 0))];
        var isotonic = IsotonicCalibration.Fit(logits, labels);
        var rate = 50 / 75.0;
        Assert.That(isotonic.Values.ToArray(), Is.EqualTo(new[] { (25 + 2 * rate) / 52, (25 + rate) / 26 }).Within(1e-6));
        Assert.That((isotonic.Apply(1), isotonic.Apply(1.6f)), Is.EqualTo((isotonic.Values[0], isotonic.Values[1])));
    }

    [Test]
    public void The_calibration_with_the_lowest_loss_is_chosen()
    {
        Assert.That(Choose(z => z), Does.StartWith("none").Or.StartWith("Platt: 1").Or.StartWith("Platt: 0.9"));
        Assert.That(Choose(z => 0.4 * z + 1), Does.StartWith("Platt: 0.4 × log odds + 1").Or.Match("^Platt: 0\\.(39|4).* \\+ (0\\.9|1\\.0)"));
        Assert.That(Choose(z => z < 0 ? -3 : 4 * z - 3), Does.StartWith("isotonic"));
        Assert.That(Calibrator.Choose([1, 2], [1, 1], [0, 1], 1).Calibration, Is.InstanceOf<NoCalibration>());

        static string Choose(Func<double, double> distortion)
        {
            var (logits, labels, _) = Draw(20_000, distortion);
            var choice = Calibrator.Choose(logits, labels, [.. Enumerable.Range(0, labels.Length)], 1);
            Assert.That(choice.Losses.Select(l => l.Name), Is.EqualTo(new[] { "none", "Platt", "isotonic" }));
            return choice.Calibration.Description;
        }
    }

    [Test]
    public void Calibration_corrects_a_weight_of_the_positive_rows()
    {
        var (logits, labels, _) = Draw(20_000, z => z - Math.Log(10));
        float[] before = [.. logits.Select(LearnedExtensions.Sigmoid)];
        var platt = PlattCalibration.Fit(logits, labels)!;
        float[] after = [.. logits.Select(platt.Apply)];
        Assert.That(Metrics.CalibrationError(before, labels), Is.GreaterThan(0.2));
        Assert.That(Metrics.CalibrationError(after, labels), Is.LessThan(0.02));
    }

    // Scores as a learner gives them, and labels whose true log odds are a function of these.
    static (float[] Logits, byte[] Labels, double[] Truth) Draw(int count, Func<double, double> truth)
    {
        var random = new SeededRandom(4);
        var logits = new float[count];
        var labels = new byte[count];
        var probabilities = new double[count];
        for (var i = 0; i < count; i++)
        {
            logits[i] = (float)(8 * random.Unit() - 4);
            probabilities[i] = 1 / (1 + Math.Exp(-truth(logits[i])));
            labels[i] = random.Unit() < probabilities[i] ? (byte)1 : (byte)0;
        }
        return (logits, labels, probabilities);
    }
}
