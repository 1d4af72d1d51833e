using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.OffPolicy;

[Parallelizable]
public sealed class OffPolicyTests
{
    [Test]
    public void The_estimates_match_a_hand_computation()
    {
        // Without features the reward model is each action's mean over the other folds; each choice is a fold.
        var log = new ChoiceLog([], ["a", "b"], [], [0, 0, 1, 0], [0.5, 0.25, 0.5, 0.8], [1, 0, 9, 2]);
        var value = new OffPolicyEstimator(log, folds: 4).Evaluate(OffPolicyEstimator.Always(0));

        using (Assert.EnterMultipleScope())
        {
            // The weights are 2, 4, 0 and 1.25, the weighted rewards 2, 0, 0 and 2.5.
            Assert.That(value.Ips.Value, Is.EqualTo(4.5 / 4));
            Assert.That(value.Ips.StandardError, Is.EqualTo(Math.Sqrt((4 + 6.25 - 4 * 1.125 * 1.125) / 3 / 4)).Within(1e-12));
            Assert.That(value.SelfNormalisedIps.Value, Is.EqualTo(4.5 / 7.25));
            Assert.That(value.EffectiveSampleSize, Is.EqualTo(7.25 * 7.25 / (4 + 16 + 1.5625)));
            Assert.That(value.LargestWeight, Is.EqualTo(4));
            Assert.That(value.MeanWeight.Value, Is.EqualTo(7.25 / 4));
            // The leave-one-out means: of 0 and 2; of 1 and 2; of all three; of 1 and 0.
            Assert.That(value.DoublyRobust.Value, Is.EqualTo((1 + 2 * (1 - 1) + 1.5 + 4 * (0 - 1.5) + 1 + 0.5 + 1.25 * (2 - 0.5)) / 4).Within(1e-6));
        }
    }

    [Test]
    public void The_logging_policy_is_worth_the_mean_reward()
    {
        foreach (var log in Fifty())
        {
            var offPolicy = new OffPolicyEstimator(log);
            var value = offPolicy.Evaluate(Logging);
            Assert.That((value.Ips.Value, value.SelfNormalisedIps.Value), Is.EqualTo((offPolicy.Logged.Value, offPolicy.Logged.Value)).Within(1e-9));
            Assert.That(value.Ips.StandardError, Is.EqualTo(offPolicy.Logged.StandardError).Within(1e-9));
            Assert.That((value.EffectiveSampleSize, value.LargestWeight, value.MeanWeight.Value), Is.EqualTo(((double)log.Count, 1.0, 1.0)).Within(1e-6));
        }
    }

    [Test]
    public void Another_policy_has_a_smaller_effective_sample_size()
    {
        foreach (var log in Fifty())
        {
            var value = new OffPolicyEstimator(log).Evaluate(Target);
            Assert.That(value.EffectiveSampleSize, Is.GreaterThan(1).And.LessThan(log.Count));
            Assert.That(value.LargestWeight, Is.GreaterThan(value.MeanWeight.Value));
        }
    }

    [Test]
    public void Intervals_cover_the_truth_at_95_percent_and_the_doubly_robust_is_narrowest()
    {
        const int Logs = 400;
        int ips = 0, normalised = 0, robust = 0, narrower = 0;
        for (ulong seed = 1; seed <= Logs; seed++)
        {
            var value = new OffPolicyEstimator(Draw(500, seed)).Evaluate(Target);
            ips += Holds(value.Ips);
            normalised += Holds(value.SelfNormalisedIps);
            robust += Holds(value.DoublyRobust);
            narrower += value.DoublyRobust.StandardError < Math.Min(value.Ips.StandardError, value.SelfNormalisedIps.StandardError) ? 1 : 0;
        }

        // 380 are expected, with a standard deviation of 4.4.
        TestContext.Out.WriteLine($"IPS {ips}, SNIPS {normalised}, DR {robust} of {Logs}; DR is narrower in {narrower}");
        foreach (var count in (int[])[ips, normalised, robust])
        {
            Assert.That(count, Is.InRange(362, 396));
        }

        Assert.That(narrower, Is.GreaterThan(Logs * 9 / 10));

        static int Holds(Estimate estimate) => Worth >= estimate.Low && Worth <= estimate.High ? 1 : 0;
    }

    [Test]
    public void A_missing_value_is_imputed_by_the_columns_mean()
    {
        var log = Draw(500, 1);
        var holed = new ChoiceLog(log.Features, log.Actions, [.. log.Contexts.Select((v, i) => i % 7 == 0 ? float.NaN : v)], log.Chosen, log.Propensities, log.Rewards);
        var estimate = new OffPolicyEstimator(holed).Evaluate(OffPolicyEstimator.Always(1)).DoublyRobust;
        Assert.That(estimate.Value, Is.EqualTo(new OffPolicyEstimator(log).Evaluate(OffPolicyEstimator.Always(1)).DoublyRobust.Value).Within(estimate.StandardError));
    }

    [TestCase(0)]
    [TestCase(-0.1)]
    [TestCase(1.0001)]
    [TestCase(double.NaN)]
    public void An_impossible_propensity_is_rejected(double propensity) =>
        Assert.That(() => new ChoiceLog([], ["a"], [], [0, 0], [0.5, propensity], [1, 1]),
            Throws.ArgumentException.With.Message.StartsWith($"Choice 2 has the propensity {propensity}; it must be above 0 and up to 1."));

    [Test]
    public void A_reward_that_is_not_a_number_is_rejected() =>
        Assert.That(() => new ChoiceLog([], ["a"], [], [0, 0], [1, 1], [1, double.NaN]), Throws.ArgumentException.With.Message.Contains("Choice 2"));

    [Test]
    public void An_unknown_action_is_rejected() =>
        Assert.That(() => new ChoiceLog([], ["a"], [], [0, 1], [1, 1], [1, 1]), Throws.ArgumentException.With.Message.Contains("Choice 2 is of action 1"));

    [Test]
    public void A_policy_without_logged_support_is_rejected()
    {
        var offPolicy = new OffPolicyEstimator(new ChoiceLog([], ["a", "b", "c"], [], [0, 1, 0], [0.5, 0.5, 0.5], [1, 1, 1]));
        Assert.That(() => offPolicy.Evaluate(OffPolicyEstimator.Always(2)), Throws.ArgumentException.With.Message.Contains("'c', which was never logged"));
    }

    [TestCase(0.5, 0.4, "sum to 0.9 instead of 1")]
    [TestCase(1.5, -0.5, "probability -0.5")]
    [TestCase(double.NaN, 1, "probability NaN")]
    public void Invalid_probabilities_are_rejected(double a, double b, string message)
    {
        var offPolicy = new OffPolicyEstimator(new ChoiceLog([], ["a", "b"], [], [0, 1], [0.5, 0.5], [1, 1]));
        Assert.That(() => offPolicy.Evaluate((_, likelihoods) => (likelihoods[0], likelihoods[1]) = (a, b)), Throws.ArgumentException.With.Message.Contains(message));
    }

    [Test]
    public void A_policy_that_matches_no_logged_choice_is_rejected()
    {
        var offPolicy = new OffPolicyEstimator(new ChoiceLog(["f"], ["a", "b"], [0, 1], [0, 1], [0.5, 0.5], [1, 1]));
        Assert.That(() => offPolicy.Evaluate((context, likelihoods) => (likelihoods[0], likelihoods[1]) = (context[0], 1 - context[0])),
            Throws.ArgumentException.With.Message.Contains("nothing that was logged"));
    }

    [Test]
    public void Wrong_propensities_show_in_the_weights()
    {
        var log = Draw(2000, 1);
        var wrong = new ChoiceLog(log.Features, log.Actions, log.Contexts, log.Chosen, [.. log.Propensities.Select(_ => 0.5)], log.Rewards);
        Assert.That(new OffPolicyEstimator(log).Evaluate(OffPolicyEstimator.Always(1)).MeanWeight, Has.Property("Low").LessThan(1).And.Property("High").GreaterThan(1));
        Assert.That(new OffPolicyEstimator(wrong).Evaluate(OffPolicyEstimator.Always(1)).MeanWeight.High, Is.LessThan(0.9));
    }

    // Prefers the first of three actions with increasing first feature.
    static void Logging(ReadOnlySpan<float> context, Span<double> likelihoods)
    {
        likelihoods[0] = 0.1 + 0.4 * (context[0] + 1);
        likelihoods[1] = likelihoods[2] = (1 - likelihoods[0]) / 2;
    }

    // Chooses the second if the second feature is positive, otherwise mostly the third.
    static void Target(ReadOnlySpan<float> context, Span<double> likelihoods) =>
        (likelihoods[0], likelihoods[1], likelihoods[2]) = context[1] > 0 ? (0, 1, 0) : (0.1, 0, 0.9);

    static double RewardOf(float x, float y, int action) => action switch { 0 => 2 * x, 1 => 1 + x + y, _ => x * y - 1 };

    // The value of Target: the mean of RewardOf over the square. E[1 + x + y | y > 0] = 1.5; E[2x] = 0; E[xy − 1] = −1.
    const double Worth = (1.5 + 0.9 * -1) / 2;

    static IEnumerable<ChoiceLog> Fifty() => Enumerable.Range(1, 50).Select(seed => Draw(50, (ulong)seed));

    static ChoiceLog Draw(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        var contexts = new float[count * 2];
        var chosen = new int[count];
        double[] propensities = new double[count], rewards = new double[count], likelihoods = new double[3];
        for (var i = 0; i < count; i++)
        {
            var (x, y) = ((float)(random.Unit() * 2 - 1), (float)(random.Unit() * 2 - 1));
            (contexts[i * 2], contexts[i * 2 + 1]) = (x, y);
            Logging([x, y], likelihoods);
            var lot = random.Unit();
            chosen[i] = lot < likelihoods[0] ? 0 : lot < likelihoods[0] + likelihoods[1] ? 1 : 2;
            propensities[i] = likelihoods[chosen[i]];
            rewards[i] = RewardOf(x, y, chosen[i]) + random.Unit() - 0.5;
        }

        return new ChoiceLog(["x", "y"], ["first", "second", "third"], contexts, chosen, propensities, rewards);
    }
}
