using CartRecovery.Engine.Journeys.Experiments;

namespace CartRecovery.Tests.Journeys.Experiments;

public sealed class ThompsonLikelihoodsTests
{
    [TestCase(0.1, 0.02, 0.1, 0.3)]
    [TestCase(0.1, 0.02, 0.13, 0.01)]
    [TestCase(0.3, 0.05, 0.2, 0.08)]
    public void Two_values_have_the_probabilities_that_they_have_beside_a_hopeless_third(double mean, double deviation, double other, double otherDeviation)
    {
        double[] two = new double[2], three = new double[3];
        ThompsonLikelihoods.Of([(mean, deviation), (other, otherDeviation)], two, 0);
        ThompsonLikelihoods.Of([(mean, deviation), (other, otherDeviation), (-9, 0.01)], three, 0);
        Assert.That(two, Is.EqualTo(three[..2]).Within(1e-4));
        Assert.That(two.Sum(), Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void Known_values_leave_the_least_to_the_lower_one()
    {
        var likelihoods = new double[2];
        ThompsonLikelihoods.Of([(0.1, 0), (0.2, 0)], likelihoods, 0.02);
        Assert.That(likelihoods, Is.EqualTo(new[] { 0.02, 0.98 }).Within(1e-6));
    }
}
