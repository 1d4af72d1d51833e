using CartRecovery.Engine.Learning.OffPolicy;
using CartRecovery.Engine.Learning.Training;

namespace CartRecovery.Tests.Learning.OffPolicy;

/// <summary>Evaluates a real experiment whose true values are known.</summary>
[Parallelizable]
public sealed class OffPolicyOnHillstromTests
{
    // All nine published means are checked; the file is another sample of the same population, with no arm's mean more than 1.34 standard
    // errors off.
    [Test]
    public void A_single_arm_has_its_observed_and_published_value(
        [Values("visit", "conversion", "spend")] string reward, [Values(Hillstrom.Mens, Hillstrom.Womens, Hillstrom.None)] string arm)
    {
        var log = Hillstrom.Log(reward);
        var value = new OffPolicyEstimator(log).Evaluate(OffPolicyEstimator.Always(log.ActionOf(arm)));

        TestContext.Out.WriteLine($"{reward} {arm}: IPS {Text(value.Ips)}, SNIPS {Text(value.SelfNormalisedIps)}, DR {Text(value.DoublyRobust)}");
        using (Assert.EnterMultipleScope())
        {
            foreach (var estimate in (Estimate[])[value.Ips, value.SelfNormalisedIps, value.DoublyRobust])
            {
                Assert.That(Hillstrom.MeanOf(log, arm).Value, Is.InRange(estimate.Low, estimate.High));
                Assert.That(Hillstrom.Published(reward, arm), Is.InRange(estimate.Low, estimate.High));
            }

            Assert.That(value.EffectiveSampleSize, Is.EqualTo(log.Logged[log.ActionOf(arm)]).Within(0.01));
            Assert.That(value.LargestWeight, Is.EqualTo(3).Within(1e-9));
            Assert.That(value.MeanWeight.Low, Is.LessThan(1));
            Assert.That(value.MeanWeight.High, Is.GreaterThan(1));
        }
    }

    [TestCase(Hillstrom.Mens)]
    [TestCase(Hillstrom.Womens)]
    [TestCase(Hillstrom.None)]
    public void Customer_features_narrow_the_interval_of_visits(string arm)
    {
        var log = Hillstrom.Log("visit");
        var value = new OffPolicyEstimator(log).Evaluate(OffPolicyEstimator.Always(log.ActionOf(arm)));

        Assert.That(value.DoublyRobust.StandardError, Is.LessThan(value.Ips.StandardError));
    }

    [Test]
    public void A_confounded_log_still_yields_each_arms_value()
    {
        var all = Hillstrom.Log("visit");
        const int Logs = 20;
        var held = new Dictionary<(string Arm, string By), int>();
        for (var seed = 1; seed <= Logs; seed++)
        {
            var log = ChosenBy(Choosy(all), all, (ulong)seed);
            var offPolicy = new OffPolicyEstimator(log);
            foreach (var arm in all.Actions)
            {
                var truth = Hillstrom.MeanOf(all, arm).Value;
                var value = offPolicy.Evaluate(OffPolicyEstimator.Always(log.ActionOf(arm)));
                foreach (var (by, estimate) in ((string, Estimate)[])
                    [("mean", Hillstrom.MeanOf(log, arm)), ("IPS", value.Ips), ("SNIPS", value.SelfNormalisedIps), ("DR", value.DoublyRobust)])
                {
                    if (seed == 1)
                    {
                        TestContext.Out.WriteLine($"{arm}, {truth:0.0000}: {by} {Text(estimate)}");
                    }

                    held[(arm, by)] = held.GetValueOrDefault((arm, by)) + (truth >= estimate.Low && truth <= estimate.High ? 1 : 0);
                }
            }
        }

        foreach (var ((arm, by), count) in held)
        {
            TestContext.Out.WriteLine($"{arm} {by}: {count} of {Logs} intervals hold the truth");
        }

        using (Assert.EnterMultipleScope())
        {
            foreach (var ((arm, by), count) in held)
            {
                if (by != "mean")
                {
                    Assert.That(count, Is.GreaterThanOrEqualTo(17), $"{arm} {by}");
                }
                else if (arm != Hillstrom.Womens)
                {
                    Assert.That(count, Is.LessThanOrEqualTo(2), $"{arm} {by}");
                }
            }
        }
    }

    [Test]
    public void A_feature_based_policy_has_the_value_observed_when_followed()
    {
        var all = Hillstrom.Log("visit");
        var followed = Estimate.OfMean(ChosenBy(Choosy(all), all, seed: 1).Rewards);

        var value = new OffPolicyEstimator(all).Evaluate(Choosy(all));

        foreach (var estimate in (Estimate[])[value.Ips, value.SelfNormalisedIps, value.DoublyRobust])
        {
            Assert.That(Math.Abs(estimate.Value - followed.Value), Is.LessThan(2 * followed.StandardError));
        }

        Assert.That(value.LargestWeight, Is.EqualTo(3 * 0.8).Within(1e-6));
    }

    // The men's e-mail goes to frequent visitors (long-standing, recent, high-spending), none to the others.
    static ChoicePolicy Choosy(ChoiceLog log)
    {
        var (recency, history, newbie) = (IndexOf("recency"), IndexOf("history"), IndexOf("newbie"));
        return (context, likelihoods) =>
        {
            var keen = (context[recency] <= 4 ? 1 : 0) + (context[history] > 200 ? 1 : 0) + (context[newbie] == 0 ? 1 : 0) >= 2;
            likelihoods.Fill(0.1);
            likelihoods[log.ActionOf(keen ? Hillstrom.Mens : Hillstrom.None)] = 0.8;
        };

        int IndexOf(string feature) => log.Features.Index().Single(f => f.Item == feature).Index;
    }

    // The log a policy would have produced: draws an arm for each customer and keeps the customers who had that arm.
    static ChoiceLog ChosenBy(ChoicePolicy policy, ChoiceLog log, ulong seed)
    {
        var random = new SeededRandom(seed);
        var likelihoods = new double[log.Actions.Count];
        var kept = new List<int>();
        var propensities = new List<double>();
        for (var i = 0; i < log.Count; i++)
        {
            policy(log.Context(i), likelihoods);
            if (random.Unit() >= likelihoods[log.Chosen[i]])
            {
                continue;
            }

            kept.Add(i);
            propensities.Add(likelihoods[log.Chosen[i]]);
        }

        return new ChoiceLog(log.Features, log.Actions, [.. kept.SelectMany(i => log.Context(i).ToArray())], [.. kept.Select(i => log.Chosen[i])],
            [.. propensities], [.. kept.Select(i => log.Rewards[i])]);
    }

    static string Text(Estimate e) => $"{e.Value:0.0000} ({e.Low:0.0000} to {e.High:0.0000})";
}
