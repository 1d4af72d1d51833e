using CartRecovery.Bench.Drift;
using CartRecovery.Engine.Learning.Drift;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.Drift;

[Parallelizable(ParallelScope.All)]
public sealed class ConceptDriftTests
{
    [TestCase("mixed_0101_abrupto")]
    [TestCase("rt_2563789698568873_abrupto")]
    [TestCase("sea_0123_abrupto_noise_0.2")]
    [TestCase("sine_0123_abrupto")]
    [TestCase("stagger_0120_abrupto")]
    public void All_drifts_of_a_published_stream_are_found_within_two_thousand_rows_without_a_false_alarm(string name)
    {
        var found = DetectedDrifts.In(DriftStreams.Read(name), [10_000, 20_000, 30_000]);

        TestContext.Out.WriteLine($"{name}: {string.Join(", ", found.Delays)}");
        Assert.That(found.Delays, Has.None.Null);
        Assert.That(found.FalseAlarms, Is.Empty);
    }

    [Test]
    public void The_adaptive_forest_follows_the_drift_of_electricity_prices()
    {
        var stream = DriftStreams.Read("elec");
        var accuracy = stream.PrequentialAccuracy(new AdaptiveForest(stream.Rows[0].Length, 2));

        TestContext.Out.WriteLine($"prequential accuracy {accuracy:F4}");
        Assert.That(accuracy, Is.GreaterThanOrEqualTo(0.855));
        Assert.That(accuracy, Is.GreaterThan(stream.PrequentialAccuracy(new GaussianNaiveBayes(stream.Rows[0].Length, 2), forget: true) + 0.03));
    }

    [Test]
    public void A_calibrated_model_gives_no_alarm_over_half_a_million_outcomes()
    {
        var alarms = 0;
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var (random, detector) = (new SeededRandom(seed), new ConceptDriftDetector());
            for (var i = 0; i < 50_000; i++)
            {
                var score = random.Unit() * random.Unit();
                alarms += detector.Add(score, random.Unit() < score ? 1 : 0) == DriftCause.None ? 0 : 1;
            }
        }

        Assert.That(alarms, Is.Zero);
    }

    [Test]
    public void A_change_that_leaves_the_rate_of_errors_is_found_by_the_calibration()
    {
        // Scores of 0.2 and 0.3: the one's labels become rarer, the other's more frequent. All predictions stay 0, and so do a quarter of the errors.
        var (random, detector, cause, at) = (new SeededRandom(7), new ConceptDriftDetector(), DriftCause.None, 0);
        for (; at < 10_000 && cause == DriftCause.None; at++)
        {
            var isHigh = random.Unit() < 0.5;
            var rate = (at < 5000, isHigh) switch { (true, true) => 0.35, (true, false) => 0.15, (false, true) => 0.15, _ => 0.35 };
            cause = detector.Add(isHigh ? 0.35 : 0.15, random.Unit() < rate ? 1 : 0);
        }

        Assert.That(cause, Is.EqualTo(DriftCause.Calibration));
        Assert.That(at, Is.InRange(5000, 6000));
    }

    [Test]
    public void A_fall_of_the_errors_is_no_alarm_of_the_errors()
    {
        var detector = new ConceptDriftDetector();
        var causes = new HashSet<DriftCause>();
        for (var i = 0; i < 4000; i++)
        {
            causes.Add(detector.Add(0.9, i < 2000 && i % 2 == 0 ? 0 : 1));
        }

        Assert.That(causes, Does.Not.Contain(DriftCause.Errors));
        Assert.That(causes, Does.Contain(DriftCause.Calibration));
    }

    [Test]
    public void Adwin_drops_what_is_older_than_a_change()
    {
        var (random, window, rises) = (new SeededRandom(3), new Adwin(), 0);
        for (var i = 0; i < 20_000; i++)
        {
            rises += window.Add(random.Unit() < (i < 10_000 ? 0.2 : 0.4) ? 1 : 0) == MeanChange.Rise ? 1 : 0;
            if (i == 9_999)
            {
                Assert.That(window.Width, Is.EqualTo(10_000), "no change yet");
                Assert.That(window.Mean, Is.EqualTo(0.2).Within(0.02));
            }
        }

        Assert.That(rises, Is.Positive);
        Assert.That(window.Width, Is.InRange(8_000, 10_600));
        Assert.That(window.Mean, Is.EqualTo(0.4).Within(0.02));
    }

    [Test]
    public void The_same_seed_gives_the_same_forest()
    {
        var stream = new LabelledStream("", [.. Rows(1).Select(r => r.Row)], [.. Rows(1).Select(r => r.Label)]);

        var (once, again) = (stream.PrequentialAccuracy(new AdaptiveForest(2, 2)), stream.PrequentialAccuracy(new AdaptiveForest(2, 2)));
        Assert.That(again, Is.EqualTo(once));
        Assert.That(once, Is.GreaterThan(0.85));
    }

    static IEnumerable<(double[] Row, int Label)> Rows(ulong seed)
    {
        var random = new SeededRandom(seed);
        for (var i = 0; i < 2000; i++)
        {
            double[] row = [random.Unit(), random.Unit()];
            yield return (row, row[0] + row[1] > 1 ? 1 : 0);
        }
    }
}
