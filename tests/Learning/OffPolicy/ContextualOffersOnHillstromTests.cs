using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Learning.OffPolicy;

namespace CartRecovery.Tests.Learning.OffPolicy;

/// <summary>
/// Linear Thompson sampling on a real randomised experiment: it learns from half of the customers, and what it would choose for the others is valued by their
/// logged choices.
/// </summary>
public sealed class ContextualOffersOnHillstromTests
{
    [Test]
    public void What_it_chooses_after_a_half_brings_more_visits_than_the_experiment_and_no_less_than_the_best_mail()
    {
        var log = Hillstrom.Log("visit");
        var (means, scales) = Standards(log);
        LinearPosterior[] arms = [.. log.Actions.Select(_ => new LinearPosterior(log.Features.Count))];
        int[] learned = [.. Enumerable.Range(0, log.Count).Where(i => i % 2 == 0)], valued = [.. Enumerable.Range(0, log.Count).Where(i => i % 2 == 1)];
        foreach (var i in learned)
        {
            arms[log.Chosen[i]].Add(Scaled(log.Context(i)), log.Rewards[i]);
        }

        Array.ForEach(arms, arm => arm.Fit(learned.Average(i => log.Rewards[i])));
        var estimator = new OffPolicyEstimator(new ChoiceLog(log.Features, log.Actions, [.. valued.SelectMany(i => log.Context(i).ToArray())],
            [.. valued.Select(i => log.Chosen[i])], [.. valued.Select(i => log.Propensities[i])], [.. valued.Select(i => log.Rewards[i])]));
        var value = estimator.Evaluate((context, likelihoods) =>
        {
            var features = Scaled(context);
            ThompsonLikelihoods.Of([.. arms.Select(arm => arm.At(features))], likelihoods, least: 0.02);
        });
        var best = estimator.Evaluate(OffPolicyEstimator.Always(log.ActionOf(Hillstrom.Mens)));

        TestContext.Out.WriteLine($"logged {estimator.Logged.Value:F4}; IPS {value.Ips.Value:F4}, SNIPS {value.SelfNormalisedIps.Value:F4}, "
            + $"DR {value.DoublyRobust.Value:F4} ({value.DoublyRobust.Low:F4} to {value.DoublyRobust.High:F4}); always {Hillstrom.Mens} {best.DoublyRobust.Value:F4}");
        Assert.That(value.DoublyRobust.Low, Is.GreaterThan(estimator.Logged.High));
        Assert.That(value.DoublyRobust.Value, Is.GreaterThan(best.DoublyRobust.Low));
        Assert.That(value.MeanWeight.Value, Is.EqualTo(1).Within(4 * value.MeanWeight.StandardError), "the likelihoods are a policy's");
        Assert.That(value.SelfNormalisedIps.Value, Is.EqualTo(value.DoublyRobust.Value).Within(0.01));

        float[] Scaled(ReadOnlySpan<float> context)
        {
            var row = new float[context.Length];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = (float)((context[i] - means[i]) / scales[i] / 3);
            }

            return row;
        }
    }

    static (double[] Means, double[] Scales) Standards(ChoiceLog log)
    {
        var (means, scales) = (new double[log.Features.Count], new double[log.Features.Count]);
        for (var column = 0; column < means.Length; column++)
        {
            var values = Enumerable.Range(0, log.Count).Select(i => (double)log.Context(i)[column]).ToArray();
            means[column] = values.Average();
            scales[column] = Math.Max(1e-6, Math.Sqrt(values.Average(value => (value - means[column]) * (value - means[column]))));
        }

        return (means, scales);
    }
}
