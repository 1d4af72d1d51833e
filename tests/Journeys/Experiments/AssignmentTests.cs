using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Journeys.Experiments;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Journeys.Experiments;

public sealed class AssignmentTests
{
    const int Shoppers = 40_000;

    static readonly Hash128[] s_subjects = [.. Enumerable.Range(0, Shoppers).Select(i => Hash128.Of(BitConverter.GetBytes(i), seed: 1))];

    [Test]
    public void Assignments_are_uniform()
    {
        var counts = new long[20];
        foreach (var subject in s_subjects)
        {
            counts[(int)(Assignment.Draw(subject, "holdout shop") * counts.Length)]++;
        }

        Assert.That(SampleRatio.Probability(counts, [.. counts.Select(_ => 1.0)]), Is.GreaterThan(0.001));
    }

    [Test]
    public void Assignments_of_two_experiments_are_independent()
    {
        var counts = new long[16];
        foreach (var subject in s_subjects)
        {
            counts[((int)(Assignment.Draw(subject, "holdout shop") * 4) * 4) + (int)(Assignment.Draw(subject, "variant campaign") * 4)]++;
        }

        Assert.That(SampleRatio.Probability(counts, [.. counts.Select(_ => 1.0)]), Is.GreaterThan(0.001));
    }

    [Test]
    public void A_draw_is_deterministic_on_every_machine() =>
        Assert.That(Assignment.Draw(new Hash128(1, 2), "holdout shop"), Is.EqualTo(0.57159684435661384).Within(1e-15));

    [TestCase(0)]
    [TestCase(0.05)]
    [TestCase(0.5)]
    public void The_holdout_has_its_configured_share(double share) => Assert.That(
        s_subjects.Count(s => Assignment.IsHoldout(s, "shop", share)) / (double)Shoppers,
        Is.EqualTo(share).Within(4 * Math.Sqrt(share * (1 - share) / Shoppers)));

    [Test]
    public void A_larger_holdout_contains_the_smaller_one() => Assert.That(
        s_subjects.Where(s => Assignment.IsHoldout(s, "shop", 0.05)), Is.All.Matches<Hash128>(s => Assignment.IsHoldout(s, "shop", 0.1)));

    [Test]
    public void Variants_are_drawn_by_weight()
    {
        var campaign = new Campaign
        {
            Name = "c",
            Trigger = TriggerKind.Idle,
            Rule = "",
            Variants = [new("a", 1, []), new("b", 3, []), new("c", 6, [])],
        };
        var counts = s_subjects.CountBy(s => Assignment.VariantOf(s, campaign).Name).ToDictionary();
        Assert.That(SampleRatio.Probability([counts["a"], counts["b"], counts["c"]], [1, 3, 6]), Is.GreaterThan(0.001));
    }
}
