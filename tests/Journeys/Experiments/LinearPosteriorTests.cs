using CartRecovery.Engine.Journeys.Experiments;

namespace CartRecovery.Tests.Journeys.Experiments;

[Parallelizable(ParallelScope.All)]
public sealed class LinearPosteriorTests
{
    [Test]
    public void It_finds_the_weights_and_is_sure_where_it_has_seen_much()
    {
        var (random, posterior) = (new Random(1), new LinearPosterior(2));
        for (var i = 0; i < 20_000; i++)
        {
            float[] features = [random.NextSingle(), i % 2];
            posterior.Add(features, random.NextDouble() < 0.2 + (0.3 * features[0]) - (0.1 * features[1]) ? 1 : 0);
        }

        posterior.Fit(mean: 0.3);
        Assert.That(posterior.At([0, 0]).Mean, Is.EqualTo(0.2).Within(0.02));
        Assert.That(posterior.At([1, 1]).Mean, Is.EqualTo(0.4).Within(0.02));
        Assert.That(posterior.At([0.5f, 0]).Deviation, Is.LessThan(0.01));
        Assert.That(posterior.At([0.5f, 20]).Deviation, Is.GreaterThan(0.05), "nothing like that was seen");
    }

    [Test]
    public void Without_observations_it_expects_the_prior_mean()
    {
        var posterior = new LinearPosterior(3);
        posterior.Fit(mean: 0.1);
        Assert.That(posterior.At([0, 0, 0]).Mean, Is.EqualTo(0.1).Within(1e-12));
        Assert.That(posterior.At([0, 0, 0]).Deviation, Is.EqualTo(0.25).Within(1e-9));
    }

    [Test]
    public void Values_that_are_no_numbers_count_as_zero()
    {
        var (one, other) = (new LinearPosterior(1), new LinearPosterior(1));
        one.Add([float.NaN], 1);
        other.Add([0], 1);
        one.Fit(0.5);
        other.Fit(0.5);
        Assert.That(one.At([float.PositiveInfinity]), Is.EqualTo(other.At([0])));
    }

    [Test]
    public void The_probability_of_two_is_that_of_their_difference()
    {
        Span<double> likelihoods = stackalloc double[2];
        ThompsonLikelihoods.Of([(0.1, 0.03), (0.16, 0.04)], likelihoods, least: 0);

        // 0.06 / √(0.03² + 0.04²) = 1.2 deviations.
        Assert.That(likelihoods[1], Is.EqualTo(0.8849303).Within(1e-5));
        Assert.That(likelihoods[0] + likelihoods[1], Is.EqualTo(1).Within(1e-12));
    }

    [TestCase(2)]
    [TestCase(5)]
    [TestCase(40)]
    public void Equals_are_equally_likely(int count)
    {
        var likelihoods = new double[count];
        ThompsonLikelihoods.Of([.. Enumerable.Repeat((0.2, 0.1), count)], likelihoods, least: 0.02);
        Assert.That(likelihoods, Has.All.EqualTo(1.0 / count).Within(1e-9));
    }

    [Test]
    public void The_least_probability_leaves_room_for_many()
    {
        var likelihoods = new double[100];
        ThompsonLikelihoods.Of([(1, 0.001), .. Enumerable.Repeat((0.0, 0.001), 99)], likelihoods, least: 0.02);
        Assert.That(likelihoods.Sum(), Is.EqualTo(1).Within(1e-9));
        Assert.That((likelihoods[0], likelihoods[1]), Is.EqualTo((0.505, 0.005)).Within(1e-6));
    }
}
